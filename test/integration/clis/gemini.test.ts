// The life of a real gemini agent, on this machine and in a container.
import { describeLifecycle } from '../../support/cliScenario.ts';

describeLifecycle('gemini', 'local');
describeLifecycle('gemini', 'docker');
