// Text that is piped in, as it is but for the newline that ends it.
import { AgentsError, messageOf } from '../base/errors.ts';

/** Reads to the end. Throws `bad-input` when a person sits at the other end, or the bytes are no UTF-8. */
export async function readStandardInput(stdin: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  if (stdin.isTTY) throw new AgentsError('bad-input', 'There is no text to send.', { hint: 'Give it as an argument, or pipe it in.' });
  const chunks: Buffer[] = [];
  const stop = (): void => void stdin.destroy(new AgentsError('cancelled', 'Cancelled.'));
  signal.addEventListener('abort', stop);
  try {
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  } finally {
    signal.removeEventListener('abort', stop);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks)).replace(/\r?\n$/, '');
  } catch (error) {
    throw new AgentsError('bad-input', `The text that was piped in is not valid UTF-8: ${messageOf(error)}.`, { cause: error });
  }
}
