// Types of pageLooks.mjs, without the DOM's: the tests themselves run in Node.
import type { TreeRow } from './workbench.ts';

export function readRows(rows: readonly unknown[]): TreeRow[];
export function readLabels(rows: readonly unknown[]): string[];
export function readLines(lines: readonly unknown[]): string[];
export function readPlaceholders(fields: readonly unknown[]): string[];
export function painted(): Promise<void>;
