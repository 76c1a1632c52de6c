// Lint rules, among them the two of the house: a folder imports only from the floors above it, and only src/extension imports vscode.
import tseslint from 'typescript-eslint';

/** From the ground up: each may import from those before it. */
const floors = ['base', 'protocol', 'exec', 'tmux', 'runtimes', 'providers', 'workspaces', 'sessions', 'adapters', 'runner', 'hub', 'cli', 'extension', 'webview'];

const vscodeRule = { name: 'vscode', message: 'Only src/extension may import vscode.' };

/** What a floor may not import: the floors after it, the public entries, and vscode. */
function floorRule(floor, index) {
  const forbidden = [...floors.slice(index + 1), 'public'];
  const apart = { hub: ['runner', 'adapters', 'sessions', 'workspaces', 'providers', 'runtimes', 'tmux', 'exec'], extension: ['hub', 'cli'], cli: ['hub'], webview: ['exec', 'tmux', 'runtimes', 'providers', 'workspaces', 'sessions', 'adapters', 'runner', 'hub', 'cli', 'extension'] }[floor] ?? [];
  return {
    files: [`src/${floor}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: floor === 'extension' ? [] : [vscodeRule],
          patterns: [...forbidden, ...apart].map((other) => ({
            group: [`**/${other}/**`, `!./**`],
            message: `src/${floor} may not import from src/${other}: see docs/architecture.md.`,
          })),
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.cache/**', 'test-output/**'] },
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-imports': ['error', { paths: [] }],
    },
  },
  ...floors.map(floorRule),
  {
    // The hub's page runs in a browser: of ours it knows what crosses its wire, and no other part of the hub.
    files: ['src/hub/page/**/*.{ts,tsx}'],
    rules: { 'no-restricted-imports': ['error', { paths: [vscodeRule, { name: 'preact/compat', message: 'Preact alone is enough.' }], patterns: [{ regex: '^(\\.\\./)+(?!base/|protocol/)(bus|events|identity|live|parts|server|sibyl|store|village|exec|tmux|runtimes|providers|workspaces|sessions|adapters|runner|cli|extension|webview|public)[/.]', message: 'src/hub/page may import from src/base and src/protocol alone: see docs/architecture.md.' }] }] },
  },
  {
    files: ['src/cli/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', { selector: String.raw`ImportExpression[source.value=/\u002Fhub\u002F(?!hubEntry\.ts$)/]`, message: 'Of the hub the command loads src/hub/hubEntry.ts alone, when a hub is asked for.' }] },
  },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-unused-expressions': 'off', 'max-lines': 'off' } },
);
