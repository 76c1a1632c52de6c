// The life of a real opencode agent, on this machine and in a container.
import { describeLifecycle } from '../../support/cliScenario.ts';

describeLifecycle('opencode', 'local');
describeLifecycle('opencode', 'docker');
