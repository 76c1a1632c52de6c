// The frame around every view: landmarks, navigation, whether the hub is heard, and where the focus goes.
import { useEffect, useRef } from 'preact/hooks';
import { useModel } from './model.ts';
import type { Route } from './routes.ts';
import { FaultNote, Loading } from './kit/Notes.tsx';
import { LinkBanner } from './frame/LinkBanner.tsx';
import { Sidebar } from './frame/Sidebar.tsx';
import { Shortcuts } from './frame/Shortcuts.tsx';
import { AgentView } from './agent/AgentView.tsx';
import { AuditView } from './views/AuditView.tsx';
import { FleetView } from './views/FleetView.tsx';
import { NewTaskView } from './views/NewTaskView.tsx';
import { RunnersView } from './views/RunnersView.tsx';
import { SettingsView } from './views/SettingsView.tsx';
import { SetupView, SignInView } from './views/SignInView.tsx';
import { TasksView } from './views/TasksView.tsx';

export function App() {
  const model = useModel();
  const route = model.navigation.route.value;
  const me = model.me.value;
  useFocus(route);
  const waiting = typeof me === 'object' ? model.inbox.value.length : 0;
  const title = `${waiting > 0 ? `(${waiting}) ` : ''}${titleOf(route, model.fleet.value.agents)} · tmux-agents hub`;
  useEffect(() => void (document.title = title), [title]);
  const outside = route.view === 'setup' || route.view === 'sign-in' || me === undefined;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <p class="said" role="status" aria-live="polite">
        {model.said.value}
      </p>
      {outside ? (
        <main id="main" class="outside" tabindex={-1}>
          {route.view === 'setup' ? <SetupView token={route.token} /> : <SignInView next={route.view === 'sign-in' ? route.next : '/'} />}
        </main>
      ) : me === 'unknown' ? (
        <main id="main" class="outside" tabindex={-1}>
          {model.fault.value === undefined ? <Loading what="Asking the hub…" /> : <FaultNote fault={model.fault.value} onRetry={() => void model.start()} />}
        </main>
      ) : (
        <div class="frame">
          <Sidebar me={me} />
          <div class="content">
            <LinkBanner />
            <main id="main" tabindex={-1} class={`view-${route.view}`}>
              <View route={route} />
            </main>
          </div>
          <Shortcuts />
        </div>
      )}
    </>
  );
}

function View({ route }: { readonly route: Route }) {
  switch (route.view) {
    case 'fleet':
      return <FleetView />;
    case 'agent':
      return <AgentView key={route.id} id={route.id} tab={route.tab} />;
    case 'tasks':
      return <TasksView />;
    case 'new-task':
      return <NewTaskView />;
    case 'runners':
      return <RunnersView />;
    case 'audit':
      return <AuditView />;
    case 'settings':
      return <SettingsView />;
    case 'sign-in':
    case 'setup':
      return null;
    case 'nothing':
      return (
        <>
          <h1 tabindex={-1}>Nothing is here</h1>
          <p>
            This address leads nowhere. <a href="/">Go to the fleet</a>.
          </p>
        </>
      );
  }
}

function titleOf(route: Route, agents: ReadonlyMap<string, { readonly name: string }>): string {
  switch (route.view) {
    case 'fleet':
      return 'Fleet';
    case 'agent':
      return agents.get(route.id)?.name ?? 'Agent';
    case 'tasks':
      return 'Tasks';
    case 'new-task':
      return 'New task';
    case 'runners':
      return 'Runners';
    case 'audit':
      return 'Audit';
    case 'settings':
      return 'Settings';
    case 'sign-in':
      return 'Sign in';
    case 'setup':
      return 'Set up';
    case 'nothing':
      return 'Nothing is here';
  }
}

/** A new view begins at its heading, so that whoever cannot see it is told of it; a form that is all there is begins at its first field. */
function useFocus(route: Route): void {
  const place = route.view === 'agent' ? `agent/${route.id}` : route.view;
  const before = useRef<string | undefined>(undefined);
  useEffect(() => {
    const first = before.current === undefined;
    const changed = before.current !== place;
    before.current = place;
    if (!changed) return;
    const field = document.querySelector<HTMLElement>('main [data-autofocus]');
    if (field !== null) field.focus();
    else if (!first) document.querySelector<HTMLElement>('main h1')?.focus();
  }, [place]);
}
