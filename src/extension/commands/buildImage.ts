// Build Docker Image.
import type { CommandHandler } from '../services.ts';

export const buildImage: CommandHandler = () => undefined;
