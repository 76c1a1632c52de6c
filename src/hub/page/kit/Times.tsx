// Times that go on: `4 min ago`, with the exact time for whoever asks.
import { useModel } from '../model.ts';
import { agoText, lastingText } from '../words/timeWords.ts';

/** `then`: Unix time in ms. */
export function Ago({ then }: { readonly then: number }) {
  const { now } = useModel();
  return <Time then={then} text={agoText(then, now.value)} />;
}

export function Lasting({ since }: { readonly since: number }) {
  const { now } = useModel();
  return <Time then={since} text={lastingText(since, now.value)} />;
}

function Time({ then, text }: { readonly then: number; readonly text: string }) {
  const when = new Date(then);
  if (Number.isNaN(when.getTime())) return <span>unknown</span>;
  return (
    <time datetime={when.toISOString()} title={when.toLocaleString()}>
      {text}
    </time>
  );
}
