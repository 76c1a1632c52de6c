// Drives VS Code in a browser as a person does: palette, tree, quick input, terminal. Every wait is for something to be seen.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { painted, readLabels, readLines, readPlaceholders, readRows } from './pageLooks.mjs';

const SCREENSHOTS = resolve(import.meta.dirname, '..', '..', 'test-output', 'screenshots');

/** One row of a tree, as it is shown and as a screen reader says it. */
export interface TreeRow {
  readonly label: string;
  readonly description: string;
  readonly spoken: string;
  readonly level: number;
  readonly expanded: boolean | undefined;
  readonly selected: boolean;
}

export class Workbench {
  readonly page: Page;
  readonly #timeout: number;
  /** VS Code told its server about the terminals that are open, since the last one was made. */
  #terminalsSaved = true;

  constructor(page: Page, timeoutMs = 20_000) {
    this.page = page;
    this.#timeout = timeoutMs;
    page.setDefaultTimeout(timeoutMs);
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => this.#watchTerminals(payload)));
  }

  /** The server revives over a reload only the terminals that it was told of, about half a second after they are made. */
  #watchTerminals(frame: string | Buffer): void {
    const text = typeof frame === 'string' ? frame : frame.toString('latin1');
    if (text.includes('createProcess')) this.#terminalsSaved = false;
    else if (text.includes('setTerminalLayoutInfo') && text.includes('"terminal":')) this.#terminalsSaved = true;
  }

  /** Opens VS Code at the address and waits until it can be used. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.#ready();
  }

  /** Reloads the window as a person does: not in the half second after a terminal was made. */
  async reload(): Promise<void> {
    await this.until(async () => Promise.resolve(this.#terminalsSaved ? true : undefined), 'VS Code to note its terminals');
    // The command, not the browser's reload: it lets VS Code write down what it has open, as a person's reload does.
    const loaded = this.page.waitForEvent('load', { timeout: 60_000 });
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.#ready();
  }

  async #ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .activitybar .action-item').first().waitFor({ timeout: 60_000 });
    await this.page.locator('.statusbar .remote-kind, .statusbar-item[id="status.host"]').first().waitFor({ timeout: 60_000 });
  }

  // --- Palette and quick input ---

  /**
   * Runs a command of the palette by its full title, `Category: Title`. Fails when the palette does not offer it. What takes the
   * focus meanwhile (a preview that opens, say) swallows the key or closes the palette: then it is opened again.
   */
  async runCommand(title: string): Promise<void> {
    const attempts = 4;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.page.keyboard.press('F1');
        await this.quickInput().fill(`>${title}`, { timeout: 3000 });
        await this.quickPickRow(title).first().click({ timeout: 3000 });
        return;
      } catch (error) {
        if (attempt === attempts) throw new Error(`the palette does not offer "${title}"; it offers ${(await this.#offered()).join(', ')}`, { cause: error });
        await this.page.keyboard.press('Escape');
      }
    }
  }

  async #offered(): Promise<string[]> {
    return this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row').evaluateAll(readLabels);
  }

  /** The text field of the open quick pick or input box. */
  quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-box input');
  }

  /** A row of the open quick pick whose label is this text; its description and detail do not count. */
  quickPickRow(label: string): Locator {
    const name = this.page.locator('.quick-input-list-label .label-name, .quick-input-list-row .label-name').filter({ hasText: exactly(label) });
    return this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row').filter({ has: name });
  }

  /** The labels of the open quick pick. */
  async quickPickLabels(): Promise<string[]> {
    const rows = this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row');
    await rows.first().waitFor();
    return rows.evaluateAll(readLabels);
  }

  /** Title and placeholder of the open quick pick or input box. */
  async quickInputTexts(): Promise<{ title: string; placeholder: string; value: string }> {
    const input = this.quickInput();
    await input.waitFor();
    const title = this.page.locator('.quick-input-widget:visible .quick-input-title');
    return { title: clean((await title.textContent()) ?? ''), placeholder: (await input.getAttribute('placeholder')) ?? '', value: await input.inputValue() };
  }

  /** Clicks a button on a row of the open quick pick. */
  async quickPickButton(label: string, button: string): Promise<void> {
    const row = this.quickPickRow(label).first();
    await row.hover();
    await row.locator(`.action-label[aria-label^="${button}"]`).first().click();
  }

  /** Chooses a row of the open quick pick; one that is further down than what is drawn is typed for. */
  async pick(label: string): Promise<void> {
    const rows = this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row');
    await rows.first().waitFor();
    if ((await this.quickPickRow(label).count()) === 0) await this.quickInput().fill(label);
    await this.quickPickRow(label).first().click();
  }

  /** Fills the open input box (its placeholder or title contains `asked`, when given) and accepts it. */
  async answer(text: string, asked?: string): Promise<void> {
    if (asked !== undefined) await this.waitForQuickInput(asked);
    await this.quickInput().fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Waits until the quick input that is open shows this text in its title, placeholder or message. */
  async waitForQuickInput(text: string): Promise<void> {
    await this.until(async () => ((await this.quickInputSays(text)) ? true : undefined), `a quick input that says "${text}"`);
  }

  /** Whether a quick input is open that shows this text in its title, placeholder or message. */
  async quickInputSays(text: string): Promise<boolean> {
    const widget = this.page.locator('.quick-input-widget:visible');
    if ((await widget.count()) === 0) return false;
    const placeholders = await this.quickInput().evaluateAll(readPlaceholders);
    return [...(await widget.allInnerTexts()), ...placeholders].join(' ').includes(text);
  }

  // --- Views and trees ---

  /** Shows a view container by its title in the activity bar, unless it is shown already. */
  async openView(title: string): Promise<void> {
    const tab = this.page.locator('.activitybar .action-item .action-label').and(this.page.locator(`[aria-label^="${title}"]`)).first();
    await tab.waitFor();
    const item = this.page.locator('.activitybar .action-item').filter({ has: this.page.locator(`[aria-label^="${title}"]`) }).first();
    const shown = /\bchecked\b/.test((await item.getAttribute('class')) ?? '');
    if (!shown) await tab.click();
    await this.waitForView(title);
  }

  /** Waits until the side bar shows the container with this title. */
  async waitForView(title: string): Promise<void> {
    await this.page.locator('.sidebar .composite.title').filter({ hasText: exactly(title, 'i') }).first().waitFor();
  }

  /** The number on a container's icon in the activity bar; empty when it has none. */
  async badge(title: string): Promise<string> {
    const item = this.page.locator('.activitybar .action-item').filter({ has: this.page.locator(`[aria-label^="${title}"]`) }).first();
    const badge = item.locator('.badge-content');
    return (await badge.count()) === 0 ? '' : clean((await badge.first().textContent()) ?? '');
  }

  /** The rows that the side bar shows now. */
  async treeRows(): Promise<TreeRow[]> {
    return this.page.locator('.sidebar .monaco-list-row[role="treeitem"]').evaluateAll(readRows);
  }

  /** The row whose label is, or matches, this. */
  row(label: string | RegExp): Locator {
    const name = this.page.locator('.label-name').filter({ hasText: typeof label === 'string' ? exactly(label) : label });
    return this.page.locator('.sidebar .monaco-list-row[role="treeitem"]').filter({ has: name });
  }

  async waitForRow(label: string | RegExp, timeoutMs = this.#timeout): Promise<void> {
    await this.row(label).first().waitFor({ timeout: timeoutMs });
  }

  async waitForNoRow(label: string | RegExp, timeoutMs = this.#timeout): Promise<void> {
    await this.row(label).first().waitFor({ state: 'detached', timeout: timeoutMs });
  }

  /** Selects rows, the first by a click, the others with Ctrl held. */
  async selectRows(...labels: readonly (string | RegExp)[]): Promise<void> {
    for (const [index, label] of labels.entries()) await this.row(label).first().locator('.label-name').first().click(index === 0 ? {} : { modifiers: ['ControlOrMeta'] });
  }

  /** Clicks the inline action with this title on a row. */
  async rowAction(label: string | RegExp, action: string): Promise<void> {
    const row = this.row(label).first();
    await row.hover();
    await row.locator(`.actions .action-label[aria-label^="${action}"]`).first().click();
  }

  /** Opens a row's context menu and chooses an entry (`Terminal ▸ Show Output`: one of a submenu), until its effect is seen: a condition that the page then fulfils. */
  async rowMenu(label: string | RegExp, entry: string, effect: () => Promise<boolean>): Promise<void> {
    // A menu closes unchosen when something else takes the focus, such as a terminal that has just opened: then it is opened again.
    const attempts = 4;
    for (let attempt = 1; ; attempt++) {
      const timeoutMs = attempt === attempts ? this.#timeout : 5_000;
      try {
        await this.row(label).first().locator('.label-name').first().click({ button: 'right', timeout: timeoutMs });
        const path = entry.split(' ▸ ');
        for (const parent of path.slice(0, -1)) await this.#openSubmenu(parent, timeoutMs);
        await this.#chooseFromMenu(path.at(-1) ?? '', timeoutMs);
        await this.until(async () => ((await effect()) ? true : undefined), `the effect of "${entry}"`, { timeoutMs });
        return;
      } catch (error) {
        if (attempt === attempts) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Clicks a button in the title bar of the view that is shown. */
  async viewAction(action: string): Promise<void> {
    const bar = this.page.locator('.sidebar');
    await bar.hover();
    await bar.locator(`.actions-container .action-label[aria-label^="${action}"], .title-actions .action-label[aria-label^="${action}"]`).first().click();
  }

  /** Chooses from the menu behind the dots in the title bar of the view that is shown. */
  async viewMenu(entry: string): Promise<void> {
    await this.viewAction('Views and More Actions');
    await this.#chooseFromMenu(entry);
  }

  async #openSubmenu(entry: string, timeoutMs: number): Promise<void> {
    const item = this.page.locator('.monaco-menu .action-menu-item').filter({ has: this.page.locator('.action-label').filter({ hasText: exactly(entry) }) }).first();
    await item.waitFor({ timeout: timeoutMs });
    await this.until(async () => {
      await item.hover({ timeout: timeoutMs });
      return (await this.page.locator('.monaco-submenu .action-menu-item').count()) > 0 ? true : undefined;
    }, `the menu "${entry}"`, { timeoutMs });
  }

  async #chooseFromMenu(entry: string, timeoutMs = this.#timeout): Promise<void> {
    const item = this.page.locator('.monaco-menu .action-menu-item').filter({ has: this.page.locator('.action-label').filter({ hasText: exactly(entry) }) }).first();
    await item.waitFor({ timeout: timeoutMs });
    // VS Code takes no click on a menu that has only just opened: clicked until the menu is gone.
    const attempts = 5;
    for (let attempt = 1; ; attempt++) {
      await item.hover({ timeout: timeoutMs });
      await item.click({ timeout: timeoutMs });
      try {
        await item.waitFor({ state: 'detached', timeout: 1_500 });
        return;
      } catch (error) {
        if ((await item.count()) === 0) return;
        if (attempt === attempts) throw error;
      }
    }
  }

  /** Clicks a button of the welcome text that an empty view shows. */
  async welcomeButton(text: string): Promise<void> {
    await this.page.locator('.sidebar .welcome-view .monaco-button').filter({ hasText: exactly(text) }).first().click();
  }

  // --- Notifications and dialogs ---

  /** The notification toast that contains this text. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast .notification-list-item').filter({ hasText: text }).first();
  }

  async notificationButton(text: string | RegExp, button: string): Promise<void> {
    await this.notification(text).locator('.monaco-button').filter({ hasText: exactly(button) }).first().click();
  }

  /** Clicks a link in the text of a notification; its title begins so. */
  async notificationLink(text: string | RegExp, title: string): Promise<void> {
    await this.notification(text).locator('.notification-list-item-message a').filter({ hasText: new RegExp(`^${title}`) }).first().click();
  }

  /** The item of the status bar that shows this text. */
  statusBarItem(text: string): Locator {
    return this.page.locator('.statusbar .statusbar-item').filter({ hasText: text }).first();
  }

  /** Presses a button of the modal dialog that contains this text. */
  async dialogButton(text: string | RegExp, button: string): Promise<void> {
    const dialog = this.page.locator('.monaco-dialog-box').filter({ hasText: text });
    await dialog.waitFor();
    await dialog.locator('.monaco-button').filter({ hasText: exactly(button) }).first().click();
    await dialog.waitFor({ state: 'detached' });
  }

  // --- Terminals and editors ---

  /** The text of the terminal that is shown in the panel, or in the editor area. */
  async terminalText(): Promise<string> {
    const rows = this.page.locator('.terminal-wrapper.active .xterm-rows > div, .terminal-editor .xterm-rows > div');
    return (await rows.evaluateAll(readLines)).join('\n');
  }

  async waitForTerminalText(text: string | RegExp, timeoutMs = this.#timeout): Promise<string> {
    return this.until(
      async () => {
        const shown = await this.terminalText();
        return (typeof text === 'string' ? shown.includes(text) : text.test(shown)) ? shown : undefined;
      },
      `terminal text ${String(text)}`,
      { timeoutMs, seen: () => this.terminalText() },
    );
  }

  /** Types into the terminal that is shown, key by key; `\n` is Enter. */
  async typeInTerminal(text: string): Promise<void> {
    const screen = this.page.locator('.terminal-wrapper.active .xterm-screen, .terminal-editor .xterm-screen').first();
    await screen.click();
    await this.page.locator('.terminal-wrapper.active .xterm.focus, .terminal-editor .xterm.focus').first().waitFor();
    for (const line of text.split(/(\n)/)) {
      if (line === '\n') await this.page.keyboard.press('Enter');
      else if (line !== '') await this.page.keyboard.type(line);
    }
  }

  /** Names of the open terminals, in the panel's list or its single title. */
  async terminalNames(): Promise<string[]> {
    const tabs = await this.page.locator('.terminal-tabs-entry .label-name, .single-terminal-tab').allTextContents();
    return tabs.map(clean).filter((name) => name !== '');
  }

  /** Titles of the open editors. */
  async editorTitles(): Promise<string[]> {
    return (await this.page.locator('.tabs-container .tab .tab-label').allInnerTexts()).map(clean);
  }

  /** The lines that the active editor shows (only those on screen exist in the page). */
  async editorText(): Promise<string> {
    return (await this.page.locator('.editor-group-container.active .view-lines .view-line').evaluateAll(readLines)).join('\n');
  }

  // --- Looking ---

  /** Writes test-output/screenshots/NAME.png. */
  async screenshot(name: string): Promise<string> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const path = join(SCREENSHOTS, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  /** Looks at the page until `look` gives a value; each look waits for the page to paint. Fails with what was wanted and seen. */
  async until<T>(look: () => Promise<T | undefined>, wanted: string, { timeoutMs = this.#timeout, seen }: { timeoutMs?: number; seen?: () => Promise<string> } = {}): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const value = await look();
      if (value !== undefined) return value;
      if (performance.now() > deadline) assert.fail(`not seen within ${timeoutMs} ms: ${wanted}${seen === undefined ? '' : `\n${await seen()}`}`);
      await this.page.evaluate(painted);
    }
  }
}

function exactly(text: string, flags = ''): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(…|\\.\\.\\.)?\\s*$`, flags);
}

function clean(text: string): string {
  return text.replaceAll('\u00a0', ' ').replaceAll(/\s+/g, ' ').trim();
}
