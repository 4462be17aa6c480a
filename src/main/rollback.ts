/** Entry of the rollback action. */
import type { Subject } from '../announce/notice.ts';
import { fields, parseRollback, type RollbackInputs } from '../inputs/rollback.ts';
import { runAction } from './action.ts';
import { parameterClient } from './parameter-client.ts';

function subjectOf({ cluster, service, location }: RollbackInputs): Subject {
  const listener = location?.kind === 'rule' ? location.ruleArn : (location?.listenerArn ?? null);
  return { action: 'rollback', cluster, services: [service], listener };
}

await runAction({
  name: 'rollback',
  inputNames: Object.keys(fields),
  parse: parseRollback,
  clients: parameterClient,
  roleOf: ({ roleToAssume }) => roleToAssume,
  subjectOf,
  refuses: true,
  announce: async (request, ports) => {
    if (request.announce === undefined) return undefined;
    const { announcerOf } = await import('./announce.ts');
    return announcerOf(request.announce, subjectOf(request), ports);
  },
  load: async () => {
    const [{ runRollback }, { workspaceFiles }] = await Promise.all([
      import('../rollback/run.ts'),
      import('./workspace-files.ts'),
    ]);
    return (request, ports) =>
      runRollback(request, { ...ports, ...workspaceFiles(ports.context.workspace, ports.redact) });
  },
});
