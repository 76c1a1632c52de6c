// Explain Status: what every source says about an agent, which one decided, and why, as a report; from the text of a bug report, too.
import { messageOf } from '../../base/errors.ts';
import { oneAgent } from '../agentArgument.ts';
import { statusReport } from '../documents/statusReport.ts';
import type { CommandHandler } from '../services.ts';
import { oneLine } from '../shownText.ts';

/** Returns the explanation. */
export const explainStatus: CommandHandler = async (services, ...args) => {
  const agent = await oneAgent(services, args, { placeHolder: 'Explain the status of which agent?' });
  const { explanation, screen } = await services.fleet.use(async (_manager, { status }) => ({
    explanation: await status.explain(agent),
    // An agent that has ended or is out of reach has none, and is explained all the same.
    screen: await status.screen(agent).catch((error: unknown) => void services.log.debug(`The screen of ${agent.name}: ${messageOf(error)}`)),
  }));
  await services.reports.show(`Status of ${oneLine(agent.name, 60).replaceAll('/', '_')}`, statusReport(explanation, screen ?? undefined, Date.now()));
  return explanation;
};
