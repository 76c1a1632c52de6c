// Small pictures, drawn with the text's colour: no font, no picture file.
import type { TimelineKind } from '../protocol/timelineEntry.ts';

const paths: Readonly<Record<TimelineKind | 'play' | 'pause' | 'restart' | 'check' | 'cross', string>> = {
  prompt: 'M2 3h12v8H8l-4 3v-3H2z',
  approval: 'M8 1.5l5.5 2v4c0 3.5-2.3 6-5.5 7-3.2-1-5.5-3.5-5.5-7v-4z',
  command: 'M2.5 4l4 4-4 4M8 12.5h5.5',
  commit: 'M0.5 8h4.5M11 8h4.5M8 5a3 3 0 1 1 0 6a3 3 0 0 1 0-6z',
  status: 'M1 8h3.5l2-5 3 10 2-5H15',
  file: 'M3.5 1.5h6l3 3v10h-9zM9 1.5V5h3.5',
  other: 'M3 2v12M3 3h9l-2 3 2 3H3',
  play: 'M4 2.5l9 5.5-9 5.5z',
  pause: 'M5 3v10M11 3v10',
  restart: 'M13 8a5 5 0 1 1-1.6-3.7M13 1.5v3h-3',
  check: 'M2.5 8.5l3.5 3.5 7-8',
  cross: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
};

const SVG = 'http://www.w3.org/2000/svg';

/** Decoration: what it means is said in words beside it. */
export function icon(name: keyof typeof paths): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}

export function kindIcon(kind: TimelineKind): SVGSVGElement {
  return icon(kind);
}
