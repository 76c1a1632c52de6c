// The last question of Spawn Agent: whether the agent works in the folder itself, in a worktree of its own, or in a copy. Loaded with review, which has git's part.
import * as vscode from 'vscode';
import { cancelled } from '../../base/wait.ts';
import { Git } from '../../workspaces/git.ts';
import { CARRIED, placeId, rememberedPlace, type Place } from './place.ts';
import { pickStep, type StepAnswer, type StepPlace } from './quickSteps.ts';

interface PlaceChoice extends vscode.QuickPickItem {
  readonly id: string;
}

const OTHER = 'worktree+other';

/** `isolated`: it would run in a container, which sees its folder alone. */
export async function askPlace(draft: Place & { readonly folder: string }, place: StepPlace, isolated: boolean): Promise<StepAnswer<Place>> {
  const inContainer = isolated ? ' Git does not work in a container there: its repository is outside.' : '';
  const items: PlaceChoice[] = [
    { id: 'folder', label: 'This Folder', description: 'it works on your files', iconPath: new vscode.ThemeIcon('folder') },
    { id: 'worktree', label: 'A Worktree of Its Own', description: 'from the current commit, on a branch of its own', iconPath: new vscode.ThemeIcon('git-branch'), ...(isolated ? { detail: inContainer.trim() } : {}) },
    { id: CARRIED, label: 'A Worktree with My Changes', description: 'what you have not committed comes along', iconPath: new vscode.ThemeIcon('git-stash') },
    { id: OTHER, label: 'A Worktree from…', description: 'another branch or a tag', iconPath: new vscode.ThemeIcon('git-commit') },
    { id: 'copy', label: 'A Copy', description: 'of the whole folder, ignored files too', iconPath: new vscode.ThemeIcon('files') },
  ];
  const answer = await pickStep<PlaceChoice>({ ...place, placeholder: () => 'Where may it change files?', items, active: items.find(({ id }) => id === placeId(draft)) });
  if (answer.back) return answer;
  if (answer.value.id !== OTHER) return { back: false, value: rememberedPlace(answer.value.id) };
  return { back: false, value: { workspace: 'worktree', base: await askRef(draft.folder), withChanges: false } };
}

/** Asks for a branch or tag of the repository. */
async function askRef(folder: string): Promise<string> {
  const listed = new Git(folder).text(['for-each-ref', '--sort=-committerdate', '--format=%(refname)', 'refs/heads', 'refs/tags']).then((refs) =>
    refs.split('\n').filter((ref) => ref !== '').map((ref) => {
      const isTag = ref.startsWith('refs/tags/');
      return { label: ref.replace(/^refs\/(?:heads|tags)\//, ''), description: isTag ? 'tag' : 'branch', iconPath: new vscode.ThemeIcon(isTag ? 'tag' : 'git-branch') };
    }),
  );
  const chosen = await vscode.window.showQuickPick(listed, { placeHolder: 'From which branch or tag?', matchOnDescription: true });
  if (chosen === undefined) throw cancelled();
  return chosen.label;
}
