// Where a pull request is made, from the remote's address.
import assert from 'node:assert/strict';
import { compareUrl, parseRemote } from '../../../src/workspaces/review/pullRequest.ts';

describe('a remote\'s address', () => {
  it('gives host and path, however it is written', () => {
    for (const url of ['https://github.com/o/n.git', 'https://user:secret@GitHub.com/o/n/', 'git@github.com:o/n.git', 'github.com:o/n', 'ssh://git@github.com:22/o/n.git']) {
      const remote = parseRemote('origin', url);
      assert.deepEqual([remote?.host, remote?.path], ['github.com', 'o/n'], url);
    }
  });

  it('is none where it leads to no host', () => {
    for (const url of ['/srv/git/n.git', '../n', 'file:///srv/n', 'C:\\n', '']) assert.equal(parseRemote('origin', url), undefined, url);
  });

  it('gives the page where a person makes the request, with every character in its place', () => {
    const page = (url: string, branch: string, into?: string): string | undefined => {
      const remote = parseRemote('origin', url);
      return remote === undefined ? undefined : compareUrl(remote, branch, into);
    };
    assert.equal(page('git@github.com:o/n.git', 'tmux-agents/a#1', 'main'), 'https://github.com/o/n/compare/main...tmux-agents/a%231?expand=1');
    assert.equal(page('git@github.com:o/n.git', 'x'), 'https://github.com/o/n/compare/x?expand=1');
    assert.equal(page('https://gitlab.com/g/s/n.git', 'a/b', 'main'), 'https://gitlab.com/g/s/n/-/merge_requests/new?merge_request%5Bsource_branch%5D=a%2Fb&merge_request%5Btarget_branch%5D=main');
    assert.equal(page('git@bitbucket.org:o/n.git', 'a/b', 'main'), 'https://bitbucket.org/o/n/pull-requests/new?source=a%2Fb&dest=main');
    assert.equal(page('git@git.example.org:o/n.git', 'x'), undefined);
  });
});
