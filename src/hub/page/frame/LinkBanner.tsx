// Says when the hub is not heard, and when it is again.
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../kit/Icon.tsx';
import { useModel } from '../model.ts';

export function LinkBanner() {
  const model = useModel();
  const state = model.live.state.value;
  const lost = useRef(false);
  useEffect(() => {
    if (state === 'lost') lost.current = true;
    if (state === 'open' && lost.current) {
      lost.current = false;
      model.say('Connected again.');
    }
  }, [state, model]);
  return (
    <div role="status" class="link-banner-place">
      {state === 'lost' && (
        <p class="link-banner">
          <Icon name="away" />
          Reconnecting… What you see may be out of date.
        </p>
      )}
    </div>
  );
}
