// Small pictures drawn with the text's colour. They are decoration: what each means stands in words beside it.
const paths = {
  logo: 'M3 4.5h18v15H3zM3 16h18M13 4.5V16M13 10.5h8M6 7.5l2.5 2.5L6 12.5',
  fleet: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  tasks: 'M9 6h11M9 12h11M9 18h11M4 5.5l1 1 2-2M4 11.5l1 1 2-2M4 17.5l1 1 2-2',
  runners: 'M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.01M7.5 16h.01M11 8h6M11 16h6',
  audit: 'M6 3h9l4 4v14H6zM15 3v4h4M9 11h7M9 14.500h7M9 18h4',
  settings: 'M4 7h9M17 7h3M4 12h3M11 12h9M4 17h9M17 17h3M15 5v4M9 10v4M15 15v4',
  waiting: 'M12 3.500a5.5 5.5 0 0 1 5.5 5.500c0 5 2 6.5 2 6.500h-15s2-1.5 2-6.500A5.5 5.5 0 0 1 12 3.500zM10 19a2.2 2.2 0 0 0 4 0',
  failed: 'M12 4l9 16H3zM12 10v4.500M12 17.200v.3',
  working: 'M12 3v4M12 17v4M3 12h4M17 12h4M5.6 5.600l2.8 2.800M15.6 15.600l2.8 2.800M5.6 18.400l2.8-2.800M15.6 8.400l2.8-2.8',
  paused: 'M8.5 5v14M15.5 5v14',
  rest: 'M20 14.500A8.5 8.5 0 1 1 9.5 4a6.6 6.6 0 0 0 10.5 10.500z',
  away: 'M4 4l16 16M8.5 16.500a5 5 0 0 1 7 0M5 13a10 10 0 0 1 4-2.400M19 13a10 10 0 0 0-5-2.800M2 9.500a15 15 0 0 1 4.5-2.700M22 9.500A15 15 0 0 0 11 5.800M12 20h.01',
  check: 'M4.5 12.500l5 5 10-11',
  cross: 'M6 6l12 12M18 6L6 18',
  queued: 'M12 3.500a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17zM12 7.500V12l3 2',
  retry: 'M19.5 12a7.5 7.5 0 1 1-2.300-5.400M19.5 3.500v4h-4',
  prompt: 'M4 5h16v11h-9l-4 4v-4H4z',
  approval: 'M12 3l7.5 2.700v5.600c0 4.700-3.100 8.100-7.5 9.700-4.4-1.6-7.5-5-7.5-9.700V5.700z',
  command: 'M4.5 6.500l5 5-5 5M12 17.500h7.5',
  commit: 'M2 12h6M16 12h6M12 8a4 4 0 1 1 0 8a4 4 0 0 1 0-8z',
  status: 'M2.5 12H7l2.5-7 4.5 14 2.5-7h5',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  other: 'M5.5 3v18M5.5 4.500H18l-2.5 4 2.5 4H5.5',
  sun: 'M12 8a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.300 5.300l1.4 1.400M17.300 17.300l1.4 1.400M5.300 18.700l1.4-1.400M17.300 6.700l1.4-1.4',
  moon: 'M20 14.500A8.5 8.5 0 1 1 9.5 4a6.6 6.6 0 0 0 10.5 10.500z',
  system: 'M3.5 5h17v11h-17zM8.5 20h7M12 16v4',
  help: 'M12 3.500a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17zM9.5 9.500a2.5 2.5 0 1 1 3.700 2.200c-.8.4-1.2.9-1.2 1.800M12 16.500h.01',
  out: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  plus: 'M12 5v14M5 12h14',
  back: 'M11 5l-7 7 7 7M4 12h16',
  next: 'M9 5l7 7-7 7',
  stop: 'M6.5 6.500h11v11h-11z',
  trash: 'M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13M10.5 10.500v6M13.5 10.500v6',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13zM15.5 15.500L20 20',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8',
  branch: 'M7 4v16M7 9c0 4 10 1 10 6v1M7 4.01V4M17 4.500a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3zM17 7.500v7',
  info: 'M12 3.500a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17zM12 11v5.500M12 7.500h.01',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, turning = false }: { readonly name: IconName; readonly turning?: boolean }) {
  return (
    <svg class={turning ? 'icon turning' : 'icon'} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
