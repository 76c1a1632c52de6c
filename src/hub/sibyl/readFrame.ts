// A runner's frame: read and checked, or a sentence about what is wrong with it. The socket lives on either way.
import { faultLines } from '../../protocol/config.ts';
import { jsonOf } from '../../base/json.ts';
import { RunnerExtensionFrame } from '../../protocol/hubWire/extension.ts';
import { MAX_FRAME_BYTES, RunnerFrame } from '../../protocol/hubWire/sibylFrames.ts';

export type AnyRunnerFrame = RunnerFrame | RunnerExtensionFrame;

export type ReadFrame = { readonly frame: AnyRunnerFrame; readonly fault?: never } | { readonly frame?: never; readonly fault: string } | { readonly frame?: never; readonly fault?: never };

const types = new Set<string>([...RunnerFrame.options, ...RunnerExtensionFrame.options].map((option) => option.shape.type.value));
const extensionTypes = new Set<string>(RunnerExtensionFrame.options.map((option) => option.shape.type.value));

/** Neither frame nor fault: a type that is not known, which is ignored. */
export function readFrame(data: Buffer, isBinary: boolean): ReadFrame {
  if (isBinary) return { fault: 'Frames are JSON texts.' };
  if (data.length > MAX_FRAME_BYTES) return { fault: `A frame holds at most ${MAX_FRAME_BYTES} bytes; this one has ${data.length}.` };
  const value = jsonOf(data.toString());
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') return { fault: 'A frame is a JSON object with a "type".' };
  if (!types.has(value.type)) return {};
  const parsed = extensionTypes.has(value.type) ? RunnerExtensionFrame.safeParse(value) : RunnerFrame.safeParse(value);
  return parsed.success ? { frame: parsed.data } : { fault: `This is no valid ${value.type}: ${faultLines(parsed.error).slice(0, 5).join('; ')}.` };
}
