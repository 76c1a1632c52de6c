// The life of a real codex agent, on this machine and in a container.
import { describeLifecycle } from '../../support/cliScenario.ts';

describeLifecycle('codex', 'local');
describeLifecycle('codex', 'docker');
