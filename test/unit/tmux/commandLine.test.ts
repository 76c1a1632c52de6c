// Words as tmux's command parser reads them back, and names as tmux can hold them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAgentsError } from '../../../src/base/errors.ts';
import { literalFormat, quoteWord, sequenceLine, sessionName, windowName } from '../../../src/tmux/commandLine.ts';

/** Reads a quoted word as tmux does between double quotes. */
function readBack(word: string): string {
  if (!word.startsWith('"')) return word;
  return word.slice(1, -1).replace(/\\([0-7]{3}|[^])/g, (_, escaped: string) => (escaped.length === 3 ? String.fromCharCode(parseInt(escaped, 8)) : escaped));
}

describe('quoteWord', () => {
  it('makes one line of any word, read back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }).filter((word) => !word.includes('\0')), (word) => {
        const quoted = quoteWord(word);
        assert.doesNotMatch(quoted, /[\n\r]/);
        assert.equal(readBack(quoted), word);
      }),
    );
  });

  it('leaves nothing that tmux would expand or end a command with', () => {
    assert.equal(quoteWord('~/x'), '"\\176/x"');
    assert.equal(quoteWord('$HOME'), '"\\$HOME"');
    assert.equal(quoteWord('a;'), '"a;"');
    assert.equal(quoteWord('%if'), '"%if"');
    assert.equal(quoteWord(''), '""');
    assert.equal(quoteWord('a\nb'), '"a\\012b"');
    assert.equal(sequenceLine([['a', 'b c'], ['d']]), 'a "b c" ; d');
  });

  it('refuses NUL', () => {
    assert.throws(() => quoteWord('\0'), (error) => isAgentsError(error, 'bad-input'));
  });
});

describe('literalFormat', () => {
  it('doubles every # but those before a bracket, which tmux leaves alone', () => {
    assert.equal(literalFormat('#{x} ## #[fg=red] ##[ #'), '##{x} #### #[fg=red] ##[ ##');
  });
});

describe('names', () => {
  it('lose what targets are made of and what cannot be printed, and nothing else', () => {
    assert.equal(sessionName('a:b.c\\d\n$1 $x ${y} #{z} "q" é👩‍💻'), 'a_b_c_d_$1 _x _{y} #{z} "q" é👩‍💻');
    for (const [name, held] of [['$1', '_1'], ['@1', '_1'], ['%1', '_1'], ['=x', '_x'], ['-x', '_x'], ['{last}', '_last}'], ['!', '_']] as const) assert.equal(sessionName(name), held);
    assert.equal(windowName('=a:b.c $x\n'), '=a:b.c $x_');
  });

  it('stay as they are once they were made', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !name.includes('\0')), (name) => assert.equal(sessionName(sessionName(name)), sessionName(name))));
  });

  it('are refused when empty or with NUL', () => {
    for (const name of ['', 'a\0']) {
      assert.throws(() => sessionName(name), (error) => isAgentsError(error, 'bad-input'));
      assert.throws(() => windowName(name), (error) => isAgentsError(error, 'bad-input'));
    }
  });
});
