/** Repositories, refs, commits and their comparison. */
import { Fields, GitHubError, notFound } from './api-answer.ts';
import { paged } from './paged.ts';
import { ancestors, type RepositoryState, resolveRef } from './repository-state.ts';
import type { Route } from './routes.ts';
import { commitView, refView, repositoryView } from './views.ts';

function commitOf(repository: RepositoryState, ref: string) {
  const sha = resolveRef(repository, ref);
  const commit = sha === undefined ? undefined : repository.commits.get(sha);
  if (commit === undefined) throw notFound();
  return commit;
}

/** `refs/heads/x` for `heads/x`. */
const fullRef = (ref: string) => (ref.startsWith('refs/') ? ref : `refs/${ref}`);

export const commitRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: /^$/,
    permission: 'metadata',
    access: 'read',
    run: ({ repository }) => ({ status: 200, json: repositoryView(repository) }),
  },
  {
    method: 'GET',
    pattern: /^\/git\/ref\/(.+)$/,
    permission: 'contents',
    access: 'read',
    run: ({ repository, parts }) => {
      const ref = fullRef(parts[0]!);
      const sha = repository.refs.get(ref);
      if (sha === undefined) throw notFound();
      return { status: 200, json: refView(repository, ref, sha) };
    },
  },
  {
    method: 'GET',
    pattern: /^\/git\/matching-refs\/(.*)$/,
    permission: 'contents',
    access: 'read',
    run: ({ repository, parts }) => {
      const found = [...repository.refs].filter(([ref]) => ref.startsWith(fullRef(parts[0]!)));
      return { status: 200, json: found.sort().map(([ref, sha]) => refView(repository, ref, sha)) };
    },
  },
  {
    method: 'POST',
    pattern: /^\/git\/refs$/,
    permission: 'contents',
    access: 'write',
    run: ({ repository, body, kernel }) => {
      const fields = new Fields(body, 'Reference');
      const ref = fields.need('ref');
      const sha = fields.need('sha');
      if (!/^refs\/[^/]+\/.+/.test(ref))
        throw new GitHubError(422, 'Reference name must start with "refs/" and have two slashes.');
      if (repository.refs.has(ref)) throw new GitHubError(422, 'Reference already exists');
      if (!repository.commits.has(sha)) throw new GitHubError(422, 'Object does not exist');
      repository.refs.set(ref, sha);
      kernel.record('github.ref-created', `${repository.owner}/${repository.name}`, { ref, sha });
      return { status: 201, json: refView(repository, ref, sha) };
    },
  },
  {
    method: 'PATCH',
    pattern: /^\/git\/refs\/(.+)$/,
    permission: 'contents',
    access: 'write',
    run: ({ repository, parts, body, kernel }) => {
      const fields = new Fields(body, 'Reference');
      const ref = fullRef(parts[0]!);
      const sha = fields.need('sha');
      const former = repository.refs.get(ref);
      if (former === undefined) throw new GitHubError(422, 'Reference does not exist');
      if (!repository.commits.has(sha)) throw new GitHubError(422, 'Object does not exist');
      if (fields.raw('force') !== true && !ancestors(repository, sha).has(former))
        throw new GitHubError(422, 'Update is not a fast forward');
      repository.refs.set(ref, sha);
      kernel.record('github.ref-moved', `${repository.owner}/${repository.name}`, { ref, sha });
      return { status: 200, json: refView(repository, ref, sha) };
    },
  },
  {
    method: 'DELETE',
    pattern: /^\/git\/refs\/(.+)$/,
    permission: 'contents',
    access: 'write',
    run: ({ repository, parts }) => {
      if (!repository.refs.delete(fullRef(parts[0]!))) throw new GitHubError(422, 'Reference does not exist');
      return { status: 204, json: undefined };
    },
  },
  {
    method: 'GET',
    pattern: /^\/tags$/,
    permission: 'contents',
    access: 'read',
    run: ({ repository, query }) => {
      const tags = [...repository.refs]
        .filter(([ref]) => ref.startsWith('refs/tags/'))
        .sort()
        .reverse();
      const json = tags.map(([ref, sha]) => ({ name: ref.slice('refs/tags/'.length), commit: { sha } }));
      return { status: 200, json: paged(json, query) };
    },
  },
  {
    method: 'GET',
    pattern: /^\/commits\/(.+)$/,
    permission: 'contents',
    access: 'read',
    run: ({ repository, parts }) => ({
      status: 200,
      json: commitView(repository, commitOf(repository, parts[0]!)),
    }),
  },
  {
    method: 'GET',
    pattern: /^\/compare\/(.+?)\.\.\.(.+)$/,
    permission: 'contents',
    access: 'read',
    run: ({ repository, parts, query }) => {
      const base = commitOf(repository, parts[0]!);
      const head = commitOf(repository, parts[1]!);
      const ofBase = ancestors(repository, base.sha);
      const ofHead = ancestors(repository, head.sha);
      const ahead = [...repository.commits.values()].filter(({ sha }) => ofHead.has(sha) && !ofBase.has(sha));
      const behind = [...ofBase].filter((sha) => !ofHead.has(sha)).length;
      const status =
        ahead.length === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged';
      const files = [...new Set(ahead.flatMap((commit) => commit.files))].sort();
      const json = {
        status,
        ahead_by: ahead.length,
        behind_by: behind,
        total_commits: ahead.length,
        base_commit: commitView(repository, base),
        commits: paged(ahead, { per_page: '100', ...query }).map((commit) => commitView(repository, commit)),
        files: files.map((filename) => ({ filename, status: 'modified' })),
        html_url: `https://github.com/${repository.owner}/${repository.name}/compare/${parts[0]}...${parts[1]}`,
      };
      return { status: 200, json };
    },
  },
];
