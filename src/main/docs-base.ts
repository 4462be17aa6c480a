/** Where the documents of this very version of the action can be read. Pure. */
import type { Environment } from '../runner/context.ts';

/**
 * `https://github.com/OWNER/REPOSITORY/blob/REF/`; undefined where the action does not come from a repository
 * (`uses: ./…`).
 * @see https://docs.github.com/actions/reference/workflows-and-actions/variables
 */
export function docsBase(environment: Environment): string | undefined {
  const server = environment['GITHUB_SERVER_URL'] ?? '';
  const repository = environment['GITHUB_ACTION_REPOSITORY'] ?? '';
  const ref = environment['GITHUB_ACTION_REF'] ?? '';
  const known =
    /^https:\/\/[\w.:-]+$/.test(server) && /^[\w.-]+\/[\w.-]+$/.test(repository) && /^[\w./-]+$/.test(ref);
  return known ? `${server}/${repository}/blob/${ref}/` : undefined;
}
