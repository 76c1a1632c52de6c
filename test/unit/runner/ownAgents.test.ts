// Whom "kill all" takes, and what it says of those it leaves alone.
import assert from 'node:assert/strict';
import { leftAlone, sortByOwner } from '../../../src/runner/ownAgents.ts';
import { currentOwner } from '../../../src/runtimes/agentConfig.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';

const of = (owner: string, agentId: string, adopted = false): AgentInfo => ({ ...exampleAgent({ agentId, adopted }), owner });
const ids = (agents: readonly AgentInfo[]): string[] => agents.map(({ agentId }) => agentId);

describe('whose agents "all" are', () => {
  const mine = currentOwner();

  it('are the caller\'s own: neither other people\'s nor adopted ones', () => {
    const sorted = sortByOwner([of(mine, 'a'), of('eve@elsewhere', 'b'), of(mine, 'c', true), of('eve@elsewhere', 'd', true), of(mine, 'e')]);
    assert.deepEqual(ids(sorted.own), ['a', 'e']);
    assert.deepEqual(ids(sorted.others), ['b']);
    assert.deepEqual(ids(sorted.adopted), ['c', 'd']);
  });

  it('leave others alone, and the dialog says how many', () => {
    assert.equal(leftAlone(sortByOwner([of(mine, 'a')])), undefined);
    assert.equal(leftAlone(sortByOwner([of(mine, 'a'), of('eve@elsewhere', 'b')])), '1 agent is left alone: 1 of other people.');
    assert.equal(leftAlone(sortByOwner([of('eve@elsewhere', 'b'), of('bob@elsewhere', 'f'), of(mine, 'c', true)])), '3 agents are left alone: 2 of other people, 1 adopted.');
  });
});
