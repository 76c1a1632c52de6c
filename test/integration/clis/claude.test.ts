// The life of a real claude agent, on this machine and in a container.
import { describeLifecycle } from '../../support/cliScenario.ts';

describeLifecycle('claude', 'local');
describeLifecycle('claude', 'docker');
