// VS Code settings under which nothing stands before the Agents view: no welcome pages, no tips, no telemetry, no other AI.

export const CALM_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'update.showReleaseNotes': false,
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'chat.disableAIFeatures': true,
  'git.openRepositoryInParentFolders': 'never',
  'git.autofetch': false,
  'terminal.integrated.initialHint': false,
  'terminal.integrated.suggest.enabled': false,
  'npm.autoDetect': 'off',
};

/** For tests: terminals whose text is in the page, no confirmation that a person would have to answer, no motion. */
export const TEST_SETTINGS = {
  ...CALM_SETTINGS,
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.shellIntegration.enabled': false,
  'window.confirmBeforeClose': 'never',
  'workbench.reduceMotion': 'on',
  'workbench.list.smoothScrolling': false,
  'editor.cursorBlinking': 'solid',
  'files.simpleDialog.enable': true,
};
