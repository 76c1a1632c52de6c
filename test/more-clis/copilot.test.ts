// The life of a real copilot agent, on this machine and in a container.
import { describeLifecycle } from '../support/cliScenario.ts';

describeLifecycle('copilot', 'local');
describeLifecycle('copilot', 'docker');
