// Doctor: checks what agents need on this machine, and says how to get what is missing.
import type { CommandHandler } from '../services.ts';

export const doctor: CommandHandler = async ({ reports }) => {
  await reports.show('tmux-agents doctor', '# Doctor\n');
};
