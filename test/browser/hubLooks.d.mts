// Types of hubLooks.mjs.
export function unnamedControls(): string[];
export function brokenIds(): string[];
export function outline(): { readonly mains: number; readonly navigations: readonly string[]; readonly unnamedRegions: readonly string[]; readonly headings: readonly number[]; readonly language: string };
export function paleTexts(): string[];
export function sticksOut(): string[];
export function focused(): string;
