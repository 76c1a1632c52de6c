// How much of something is in use, as small boxes: the words stand beside it.
export function SlotMeter({ used, total }: { readonly used: number; readonly total: number }) {
  return (
    <span class="slots" aria-hidden="true">
      {Array.from({ length: Math.min(20, Math.max(total, used)) }, (_, index) => (
        <span key={index} class={index < used ? 'slot used' : 'slot'} />
      ))}
    </span>
  );
}
