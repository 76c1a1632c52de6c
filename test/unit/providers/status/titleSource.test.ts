// The terminal's title as a source: what its rules know, what takes it back, and what is no title.
import assert from 'node:assert/strict';
import { builtInRules } from '../../../../src/providers/status/builtInRules.ts';
import { parseRuleFile, ruleSet } from '../../../../src/providers/status/screenRules.ts';
import { titleObservation } from '../../../../src/providers/status/titleSource.ts';

const rulesOf = (provider: string): ReturnType<typeof ruleSet> => ruleSet(provider, [parseRuleFile(builtInRules.get(provider), provider)]);

describe('titleObservation', () => {
  it('reads what the rules of a CLI know', () => {
    const gemini = rulesOf('gemini');
    const states = ['◇  Ready (ws)', '✦  Working… (ws)', '✋  Action Required (ws)'].map((title) => titleObservation(gemini, title, 3)?.claim?.state);
    assert.deepEqual(states, ['idle', 'working', 'waiting']);
    assert.equal(titleObservation(gemini, '✦  Working… (ws)', 3)?.at, 3);
    assert.equal(titleObservation(rulesOf('codex'), '[ . ] Action Required | ws', 3)?.claim?.state, 'waiting');
  });

  it('takes back what it said when the title is one that no rule knows', () => {
    assert.deepEqual(titleObservation(rulesOf('gemini'), 'vim notes\u0007', 3), { source: 'title', at: 3, claim: null, evidence: 'vim notes' });
  });

  it('has nothing to say of the answer to a graphics probe, nor without rules for titles', () => {
    assert.equal(titleObservation(rulesOf('gemini'), 'Gi=31,s=1,v=1,a=q', 3), undefined);
    assert.equal(titleObservation(ruleSet('none', []), '✦  Working… (ws)', 3), undefined);
  });
});
