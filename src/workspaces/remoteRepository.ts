// Repositories of GitHub, GitLab and Bitbucket: their address for git, and the name of their cache.
import { createHash } from 'node:crypto';
import { AgentsError } from '../base/errors.ts';
import type { RepoRef } from '../protocol/sessionConfig.ts';

export type RemoteRef = Exclude<RepoRef, { readonly provider: 'local' }>;

const HOSTS: Readonly<Record<RemoteRef['provider'], string>> = { github: 'github.com', gitlab: 'gitlab.com', bitbucket: 'bitbucket.org' };

export interface RemoteRepository {
  /** `github.com/owner/name`. */
  readonly label: string;
  /** HTTPS; git's own `insteadOf` and credentials make of it what they do for the user. */
  readonly url: string;
  /** Its folder's name in the cache. */
  readonly folder: string;
}

/** Throws `bad-input` for an owner or name that is none. GitLab's owner may be a path of groups. */
export function remoteRepository({ provider, owner, name }: RemoteRef): RemoteRepository {
  const parts = [...(provider === 'gitlab' ? owner.split('/') : [owner]), name.replace(/\.git$/, '')];
  if (!parts.every((part) => /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$/.test(part) && !/^\.+$/.test(part))) throw new AgentsError('bad-input', `${JSON.stringify(`${owner}/${name}`)} is no repository of ${HOSTS[provider]}.`);
  const label = [HOSTS[provider], ...parts].join('/');
  const hash = createHash('sha256').update(label).digest('hex').slice(0, 10);
  return { label, url: `https://${label}.git`, folder: `${parts.at(-1) ?? name}-${hash}` };
}
