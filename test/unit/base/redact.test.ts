// Secrets taken out of texts: tokens by their looks, values of secret variables, and both when they come in pieces.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isSecretName, REDACTED, Redactor } from '../../../src/base/redact.ts';

const SECRET = 'hunter2-Zq8+/x';
const TOKENS = [
  'sk-ant-api03-AbCdEfGhIjKlMnOpQrStUv',
  'sk_live_51HxAbCdEfGhIjKlMnOp',
  'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  'github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwx',
  'glpat-AbCdEfGhIjKlMnOpQrSt',
  'xoxb-123456789012-abcdefghijkl',
  'AIzaSyA-1234567890abcdefghijklmnopqrstu',
  'AKIAIOSFODNN7EXAMPLE',
  'npm_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789',
  'hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
];
const KEY = ['-----BEGIN OPENSSH PRIVATE KEY-----', 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz', 'c2gtZWQyNTUxOQ==', '-----END OPENSSH PRIVATE KEY-----'].join('\n');

const inPieces = (redactor: Redactor, text: string, cuts: readonly number[]): string => {
  const stream = redactor.stream();
  let result = '';
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    if (cut < from) continue;
    result += stream.write(text.slice(from, cut));
    from = cut;
  }
  return result + stream.end();
};

describe('redaction', () => {
  const redactor = Redactor.fromEnvironment({ DB_PASSWORD: SECRET, PATH: '/usr/bin:/bin', KEY_PATH: '/home/me/.ssh/id', MAX_TOKENS: '100000', SHORT_KEY: 'abc' });

  it('knows variables by their names', () => {
    for (const name of ['API_KEY', 'GITHUB_TOKEN', 'CLIENT_SECRET', 'DB_PASSWORD', 'MY_KEY_2', 'github_token']) assert.ok(isSecretName(name), name);
    for (const name of ['PATH', 'HOME', 'SSH_KEY_PATH', 'MAX_TOKENS', 'TOKEN_FILE', 'LANG']) assert.ok(!isSecretName(name), name);
  });

  for (const token of TOKENS) {
    it(`takes out ${token.slice(0, 8)}...`, () => {
      assert.equal(redactor.text(`the token ${token} is here`), `the token ${REDACTED} is here`);
      assert.equal(redactor.text(`"${token}"`), `"${REDACTED}"`);
    });
  }

  it('takes out the values of secret variables in all their forms', () => {
    for (const form of [SECRET, encodeURIComponent(SECRET), JSON.stringify(SECRET).slice(1, -1), Buffer.from(SECRET).toString('base64')]) assert.ok(!redactor.text(`x ${form} y`).includes(form.slice(0, 10)), form);
    assert.equal(redactor.text('abc /usr/bin:/bin /home/me/.ssh/id 100000'), 'abc /usr/bin:/bin /home/me/.ssh/id 100000');
  });

  it('takes out what headers, addresses, assignments and key files hold, and leaves the rest of the line', () => {
    assert.equal(redactor.text('Authorization: Bearer abcdefghijkl'), `Authorization: Bearer ${REDACTED}`);
    assert.equal(redactor.text('git clone https://me:pa55word@example.com/x.git'), `git clone https://me:${REDACTED}@example.com/x.git`);
    assert.equal(redactor.text('export STRIPE_KEY=abcdef123 && run'), `export STRIPE_KEY=${REDACTED} && run`);
    assert.equal(redactor.text(`before\n${KEY}\nafter`), `before\n${REDACTED}\nafter`);
  });

  it('leaves everyday text alone', () => {
    const text = 'The task-management keys: http://localhost:3000/a?b=c, user@example.com, npm_lifecycle_event, const API_KEY = process.env.API_KEY; \u001b[31mred\u001b[0m';
    assert.equal(redactor.text(text), text);
    assert.equal(inPieces(redactor, text, [3, 30, 43, 44, 60]), text);
  });

  it('changes nothing the second time', () => {
    const once = redactor.text(`${TOKENS.join(' ')} API_TOKEN=abcdefgh https://a:secret12@b ${SECRET}`);
    assert.equal(redactor.text(once), once);
  });

  it('finds a secret however it is cut', () => {
    const secrets = [...TOKENS, SECRET];
    fc.assert(
      fc.property(fc.constantFrom(...secrets), fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), fc.array(fc.nat(120), { maxLength: 12 }), (secret, before, after, cuts) => {
        const result = inPieces(redactor, `${before} ${secret} ${after}`, cuts.toSorted((a, b) => a - b));
        // What tells the kind of a token may be seen; what makes it one may not.
        assert.ok(!result.includes(secret.slice(-6)), result);
        assert.ok(!result.includes(secret.slice(0, Math.min(14, secret.length))), result);
      }),
      { numRuns: 1_000 },
    );
  });

  it('finds a secret that comes letter by letter, and a key file that is longer than what is held back', () => {
    const letters = (text: string): number[] => Array.from(text, (_, index) => index);
    for (const secret of TOKENS) assert.ok(!inPieces(redactor, `x ${secret} y`, letters(`x ${secret} y`)).includes(secret.slice(-8)), secret);
    const long = KEY.replace('c2gt', `${'A1b2C3d4'.repeat(8).concat('\n').repeat(300)}c2gt`);
    const text = `before\n${long}\nafter`;
    const result = inPieces(redactor, text, Array.from({ length: text.length / 100 }, (_, index) => index * 100));
    assert.ok(!result.includes('A1b2C3d4') && !result.includes('b3BlbnNz'), result.slice(0, 300));
    assert.ok(result.startsWith('before\n') && result.endsWith('\nafter'), result.slice(-60));
  });

  it('keeps every other character of a stream, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 30 })), (chunks) => {
        const text = chunks.join('');
        const stream = redactor.stream();
        const result = chunks.map((chunk) => stream.write(chunk)).join('') + stream.end();
        if (redactor.text(text) === text) assert.equal(result, text);
      }),
    );
  });
});
