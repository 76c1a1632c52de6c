// What the agent used: tokens, money, time, and what its processes take now.
import { costText, durationText } from '../../../protocol/timeline/timelineWords.ts';
import type { Load } from '../state/agentStory.ts';
import { Empty } from '../kit/Notes.tsx';
import { bytesText, countText } from '../words/timeWords.ts';
import type { Story } from './useStory.ts';

export function UsageTab({ story: { story, version } }: { readonly story: Story }) {
  void version.value;
  const { usage, loads } = story;
  if (usage === undefined)
    return (
      <Empty icon="queued" title="Nothing was measured yet">
        <p>Usage is told every few seconds while the agent lives.</p>
      </Empty>
    );
  const { tokensIn, tokensOut, costUsd, agentSeconds, apiCalls, commandsRun, filesTouched, approvalsRequested, cpuPercent, memoryBytes, diskBytes, pids } = usage;
  const figures: readonly (readonly [string, string | undefined])[] = [
    ['At work', durationText(agentSeconds * 1000)],
    ['Tokens in', tokensIn === undefined ? undefined : countText(tokensIn)],
    ['Tokens out', tokensOut === undefined ? undefined : countText(tokensOut)],
    ['Cost', costUsd === undefined ? undefined : costText(costUsd)],
    ['Calls to the model', apiCalls === undefined ? undefined : countText(apiCalls)],
    ['Commands run', countText(commandsRun)],
    ['Files touched', countText(filesTouched)],
    ['Approvals', countText(approvalsRequested)],
    ['Processor', cpuPercent === undefined ? undefined : `${Math.round(cpuPercent)} %`],
    ['Memory', memoryBytes === undefined ? undefined : bytesText(memoryBytes)],
    ['Disk', diskBytes === undefined ? undefined : bytesText(diskBytes)],
    ['Processes', pids === undefined ? undefined : String(pids)],
  ];
  return (
    <>
      <dl class="figures">
        {figures.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      {costUsd === undefined && tokensIn === undefined && <p class="muted">Its program does not tell tokens or cost.</p>}
      {loads.length > 1 && (
        <div class="pair">
          <Chart title="Processor" loads={loads} of={({ cpuPercent: percent }) => percent} text={(value) => `${Math.round(value)} %`} />
          <Chart title="Memory" loads={loads} of={({ memoryBytes: bytes }) => bytes} text={bytesText} />
        </div>
      )}
    </>
  );
}

const WIDTH = 300;
const HEIGHT = 60;

function Chart({ title, loads, of, text }: { readonly title: string; readonly loads: readonly Load[]; readonly of: (load: Load) => number; readonly text: (value: number) => string }) {
  const values = loads.map(of);
  const most = Math.max(...values, 1);
  const points = values.map((value, index) => `${((index / (values.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - (value / most) * (HEIGHT - 4) - 2).toFixed(1)}`);
  const minutes = durationText((loads.at(-1)?.ts ?? 0) - (loads[0]?.ts ?? 0));
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="muted">over {minutes}, at most {text(most)}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: now ${text(values.at(-1) ?? 0)}, at most ${text(most)}`}>
        <polygon points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} />
        <polyline points={points.join(' ')} />
      </svg>
    </figure>
  );
}
