// The choices of an earlier spawn, as they were written down. Autopilot is none of them: each spawn begins with what the setting says.
import * as z from 'zod';

const Choices = z.object({
  provider: z.string().optional(),
  runtime: z.string().optional(),
  folder: z.string().optional(),
  workspace: z.string().optional(),
});
export type Choices = z.infer<typeof Choices>;

/** What was written down by whatever version; nothing where it cannot be read. */
export function readChoices(written: unknown): Choices {
  const parsed = Choices.safeParse(written ?? {});
  return parsed.success ? parsed.data : {};
}
