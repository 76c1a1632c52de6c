// package.json against the code: every id, setting and string is on both sides.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { Commands, ContextKeys, EXTENSION_ID, Schemes, SECTION, Views, Walkthrough } from '../../../src/extension/ids.ts';
import { ProviderConfig } from '../../../src/protocol/config.ts';
import { restrictedSettings, Settings, settingKeys } from '../../../src/extension/settingsSchema.ts';

const root = resolve(import.meta.dirname, '..', '..', '..');
const MenuItem = z.looseObject({ command: z.string().optional(), submenu: z.string().optional(), when: z.string().optional(), group: z.string().optional() });
const Property = z.looseObject({ default: z.unknown(), enum: z.array(z.string()).optional(), order: z.number(), scope: z.string(), markdownDescription: z.string() });
const Manifest = z.looseObject({
  name: z.string(),
  publisher: z.string(),
  icon: z.string(),
  extensionKind: z.array(z.string()),
  activationEvents: z.array(z.string()),
  capabilities: z.object({
    untrustedWorkspaces: z.looseObject({ supported: z.string(), restrictedConfigurations: z.array(z.string()) }),
    virtualWorkspaces: z.looseObject({ supported: z.boolean(), description: z.string() }),
  }),
  contributes: z.looseObject({
    viewsContainers: z.object({ activitybar: z.array(z.looseObject({ id: z.string(), icon: z.string() })) }),
    views: z.record(z.string(), z.array(z.looseObject({ id: z.string() }))),
    viewsWelcome: z.array(z.looseObject({ view: z.string(), contents: z.string(), when: z.string().optional() })),
    commands: z.array(z.looseObject({ command: z.string(), title: z.string(), category: z.string(), icon: z.string(), enablement: z.string().optional() })),
    menus: z.record(z.string(), z.array(MenuItem)),
    submenus: z.array(z.looseObject({ id: z.string(), label: z.string() })),
    keybindings: z.array(z.looseObject({ command: z.string(), when: z.string().optional() })),
    configuration: z.array(z.looseObject({ properties: z.record(z.string(), Property) })),
    walkthroughs: z.array(z.looseObject({ id: z.string(), steps: z.array(z.looseObject({ description: z.string(), media: z.looseObject({ svg: z.string(), altText: z.string() }) })) })),
  }),
});

const text = readFileSync(resolve(root, 'package.json'), 'utf8');
const manifest = Manifest.parse(JSON.parse(text));
const strings = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(resolve(root, 'package.nls.json'), 'utf8')));
const { contributes } = manifest;
const commandIds: readonly string[] = Object.values(Commands);
const properties = Object.assign({}, ...contributes.configuration.map((group) => group.properties)) as Record<string, z.infer<typeof Property>>;

describe('package.json and the code', () => {
  it('name the same extension', () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, EXTENSION_ID);
  });

  it('have the same commands', () => {
    assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), [...commandIds].sort());
  });

  it('mention only commands that exist, in menus, keys, welcome texts and the walkthrough', () => {
    const menus = Object.values(contributes.menus).flat();
    const linked = [...Object.values(strings).join('\n').matchAll(/\(command:([A-Za-z.]+)/g)].map((match) => match[1] ?? '');
    const ours = linked.filter((id) => id.startsWith('tmuxAgents.'));
    assert.ok(ours.length > 5, 'the welcome texts link to commands');
    const submenus = menus.flatMap(({ submenu }) => submenu ?? []);
    assert.deepEqual([...new Set(submenus)], contributes.submenus.map(({ id }) => id));
    for (const id of submenus) assert.ok((contributes.menus[id] ?? []).length > 0, `${id} is empty`);
    for (const id of [...menus.flatMap(({ command }) => command ?? []), ...contributes.keybindings.map(({ command }) => command), ...ours]) assert.ok(commandIds.includes(id), `${id} is no command`);
  });

  it('have the same views and walkthrough', () => {
    assert.deepEqual(contributes.viewsContainers.activitybar.map(({ id }) => id), [Views.container]);
    assert.deepEqual(Object.entries(contributes.views).map(([container, views]) => [container, views.map(({ id }) => id)]), [[Views.container, [Views.agents]]]);
    assert.deepEqual(contributes.walkthroughs.map(({ id }) => id), [Walkthrough]);
    for (const { view } of contributes.viewsWelcome) assert.equal(view, Views.agents);
  });

  it('have the same settings, with the same defaults and choices', () => {
    assert.deepEqual(Object.keys(properties).sort(), settingKeys.map((key) => `${SECTION}.${key}`).sort());
    const defaults: Record<string, unknown> = Settings.parse({});
    const schema = z.toJSONSchema(Settings, { io: 'input', unrepresentable: 'any' }) as { properties: Record<string, { enum?: string[] }> };
    for (const key of settingKeys) {
      const declared = properties[`${SECTION}.${key}`];
      assert.deepEqual(declared?.default, defaults[key], `the default of ${key}`);
      assert.deepEqual(declared?.enum, schema.properties[key]?.enum, `the choices of ${key}`);
    }
  });

  it('know the same keys of a provider, each in the same shape', () => {
    const declared = z.looseObject({ additionalProperties: z.looseObject({ additionalProperties: z.literal(false), properties: z.record(z.string(), z.looseObject({ type: z.string().optional() })) }) }).parse(properties[`${SECTION}.providers`]).additionalProperties.properties;
    const schema = z.toJSONSchema(ProviderConfig, { io: 'input', unrepresentable: 'any' }) as { properties: Record<string, { type?: string }> };
    assert.deepEqual(Object.keys(declared).sort(), Object.keys(schema.properties).sort());
    for (const [key, { type }] of Object.entries(schema.properties)) assert.equal(declared[key]?.type, type, key);
  });

  it('restrict every command, path, host and environment setting in a folder that is not trusted', () => {
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, 'limited');
    assert.deepEqual(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.slice().sort(), restrictedSettings.map((key) => `${SECTION}.${key}`).sort());
    const harmless = settingKeys.filter((key) => !restrictedSettings.includes(key));
    assert.deepEqual(harmless.filter((key) => !/^(view|attach|kill|output|sessions|workspaces)\.|\.enabled$/.test(key)), []);
  });

  it('run where the files are, and nowhere else', () => {
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.equal(manifest.capabilities.virtualWorkspaces.supported, false);
    assert.deepEqual(manifest.activationEvents, ['onStartupFinished']);
  });

  it('use the same context keys and schemes', () => {
    const whens = text.match(/"(when|enablement)": "[^"]*"/g)?.join('\n') ?? '';
    for (const key of Object.values(ContextKeys)) assert.ok(whens.includes(key), `no when clause reads ${key}`);
    const used = new Set([...whens.matchAll(/tmuxAgents\.[A-Za-z]+/g)].map(([key]) => key));
    const known: readonly string[] = [...Object.values(ContextKeys), Views.agents];
    for (const key of used) assert.ok(known.includes(key), `${key} is set nowhere`);
    assert.ok(whens.includes(`resourceScheme == ${Schemes.output}`));
  });

  it('keep every text for people in package.nls.json, and none too many', () => {
    const used = new Set([...text.matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? ''));
    assert.deepEqual([...used].filter((key) => !(key in strings)), [], 'missing in package.nls.json');
    assert.deepEqual(Object.keys(strings).filter((key) => !used.has(key)), [], 'unused in package.nls.json');
    for (const { command, title, category } of contributes.commands) assert.match(`${title}${category}`, /^%.+%%.+%$/, command);
    for (const [key, { markdownDescription }] of Object.entries(properties)) assert.match(markdownDescription, /^%.+%$/, key);
  });

  it('give every command an icon, so that it can be a button', () => {
    for (const { command, icon } of contributes.commands) assert.match(icon, /^\$\([a-z-]+\)$/, command);
  });

  it('hide from the palette what makes sense on a row or in a notification only', () => {
    const hidden = contributes.menus['commandPalette']?.filter(({ when }) => when === 'false').map(({ command }) => command);
    assert.deepEqual(hidden, [Commands.explainProblem, Commands.openWaiting, Commands.openChange, Commands.deleteComment]);
  });

  it('welcome nobody before it is known that there is nothing to show', () => {
    for (const { when } of contributes.viewsWelcome) assert.match(when ?? '', new RegExp(`^${ContextKeys.nothingToShow} && `));
  });

  it('say of each step\'s picture something of its own', () => {
    const alts = contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => strings[media.altText.replaceAll('%', '')]));
    assert.equal(new Set(alts).size, alts.length);
  });

  it('point at pictures that exist', () => {
    const pictures = [manifest.icon, ...contributes.viewsContainers.activitybar.map(({ icon }) => icon), ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.svg))];
    for (const picture of pictures) assert.ok(existsSync(resolve(root, picture)), picture);
  });
});
