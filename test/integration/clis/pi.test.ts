// The life of a real pi agent, on this machine and in a container.
import { describeLifecycle } from '../../support/cliScenario.ts';

describeLifecycle('pi', 'local');
describeLifecycle('pi', 'docker');
