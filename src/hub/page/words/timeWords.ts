// Times and sizes for people.
import { durationText } from '../../../protocol/timeline/timelineWords.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `4 min ago`, `3 h ago`, `2 days ago`. Both in Unix ms; a clock that is behind is no reason for a minus. */
export function agoText(then: number, now: number): string {
  const past = Math.max(0, now - then);
  if (past < MINUTE) return 'just now';
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min ago`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h ago`;
  const days = Math.floor(past / DAY);
  return days === 1 ? 'yesterday' : `${days} days ago`;
}

/** `for 4 min`: how long something has lasted. */
export function lastingText(since: number, now: number): string {
  const past = Math.max(0, now - since);
  if (past < 10_000) return 'just now';
  return `for ${past < HOUR ? durationText(past < MINUTE ? Math.floor(past / 10_000) * 10_000 : Math.floor(past / MINUTE) * MINUTE) : past < DAY ? `${Math.floor(past / HOUR)} h` : `${Math.floor(past / DAY)} d`}`;
}

/** Unix ms of an ISO 8601 time; NaN for none. */
export function timeOf(iso: string): number {
  return Date.parse(iso);
}

/** `820 KB`, `1.4 GB`, in powers of 1000. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `950`, `12.3k`, `4.1M`. */
export function countText(count: number): string {
  if (count < 1000) return String(Math.round(count));
  if (count < 999_950) return `${(count / 1000).toFixed(1)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
