// The programs in an image: looked for in a short-lived container without network, once per image.
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { DockerExecutor } from '../../exec/dockerExecutor.ts';
import { withVersions, type ProgramFacts, type ProgramQuery } from '../programs.ts';
import { parseBind } from './bindMount.ts';
import { removeContainer } from './containerRemoval.ts';
import type { ContainerUser } from './containerSpec.ts';
import type { DockerEngine } from './engine.ts';
import type { DockerSettings } from './options.ts';

/** On containers that only look: so that one that was left behind can be told apart. */
const PROBE_LABEL = 'tmux-agents.probe';

/** Seconds after which such a container ends and goes by itself, should nobody remove it. */
const LIFETIME_S = 120;

/** Prints a name and a path for each argument that is a program. */
const FIND_SCRIPT = `for program do
  path=$(command -v -- "$program" 2>/dev/null) || continue
  case $path in /*) printf '%s\\n%s\\n' "$program" "$path" ;; esac
done`;

export class ImagePrograms {
  readonly #engine: DockerEngine;
  readonly #settings: DockerSettings;
  readonly #log: Log;
  readonly #known = new Map<string, Promise<ProgramFacts>>();

  constructor(engine: DockerEngine, settings: DockerSettings, log: Log) {
    this.#engine = engine;
    this.#settings = settings;
    this.#log = log;
  }

  /** Fails with `not-found` without the image, or as the engine does; a failure is not remembered. */
  async find(queries: readonly ProgramQuery[], user: ContainerUser): Promise<ProgramFacts> {
    const { image } = this.#settings;
    const { Id } = await this.#engine.call({ what: `look for the image ${image}` }, (docker) => docker.getImage(image).inspect());
    const key = JSON.stringify([Id, user, queries]);
    const known = this.#known.get(key) ?? this.#look(Id, queries, user);
    this.#known.set(key, known);
    known.catch(() => this.#known.delete(key));
    return known;
  }

  async #look(imageId: string, queries: readonly ProgramQuery[], user: ContainerUser): Promise<ProgramFacts> {
    const container = await this.#engine.call({ what: 'create a container to look into the image' }, (docker) =>
      docker.createContainer({
        Image: imageId,
        Entrypoint: [],
        Cmd: ['sleep', String(LIFETIME_S)],
        User: `${user.uid}:${user.gid}`,
        Env: [`HOME=${user.home}`, 'LANG=C.UTF-8'],
        Labels: { [PROBE_LABEL]: 'true' },
        HostConfig: {
          AutoRemove: true,
          Init: true,
          NetworkMode: 'none',
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges'],
          PidsLimit: this.#settings.pidsLimit,
          // What the settings add to every container may hold programs, too.
          Mounts: this.#settings.extraBinds.map(parseBind).map(({ source, target }) => ({ Type: 'bind', Source: source, Target: target, ReadOnly: true })),
        },
      }),
    );
    try {
      await this.#engine.call({ what: 'start a container to look into the image', timeoutMs: 60_000 }, () => container.start() as Promise<unknown>);
      const executor = new DockerExecutor(() => this.#engine.docker(), container.id);
      const { code, stdout, stderr } = await executor.run(['/bin/sh', '-c', FIND_SCRIPT, 'sh', ...queries.map(({ program }) => program)], { timeoutMs: 10_000 });
      if (code !== 0) throw new AgentsError('docker-failed', `The image ${this.#settings.image} cannot be looked into: ${stderr.toString().trim() || `exit code ${code}`}.`);
      const lines = stdout.toString('utf8').split('\n');
      const paths = new Map<string, string>();
      for (let at = 0; at + 1 < lines.length; at += 2) paths.set(lines[at] ?? '', lines[at + 1] ?? '');
      return await withVersions(executor, queries, paths, { log: this.#log });
    } finally {
      removeContainer(this.#engine, container.id).catch((error: unknown) => this.#log.info(`docker: the container that looked into ${this.#settings.image} is not removed yet: ${messageOf(error)}`));
    }
  }
}
