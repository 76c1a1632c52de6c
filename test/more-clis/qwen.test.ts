// The life of a real qwen agent, on this machine and in a container.
import { describeLifecycle } from '../support/cliScenario.ts';

describeLifecycle('qwen', 'local');
describeLifecycle('qwen', 'docker');
