// A line that is to be copied, such as a token that is shown once.
import { useState } from 'preact/hooks';
import { useModel } from '../model.ts';
import { Icon } from './Icon.tsx';

export function Copyable({ text, label, secret = false }: { readonly text: string; readonly label: string; readonly secret?: boolean }) {
  const model = useModel();
  const [copied, setCopied] = useState<'yes' | 'no' | undefined>(undefined);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied('yes');
      model.say('Copied.');
    } catch {
      setCopied('no');
    }
  };
  return (
    <div class="copyable">
      <input type="text" readonly value={text} aria-label={label} class="mono" {...(secret ? { 'data-secret': true } : {})} onFocus={(event) => event.currentTarget.select()} />
      <button type="button" class="small" onClick={() => void copy()}>
        <Icon name={copied === 'yes' ? 'check' : 'copy'} />
        <span>{copied === 'yes' ? 'Copied' : copied === 'no' ? 'Select it and copy' : 'Copy'}</span>
      </button>
    </div>
  );
}
