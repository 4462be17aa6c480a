/** The one-off task before a shift, as in rolling-deploy: the command has to pass before anything is changed. */
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import type { PreDeployRequest } from '../inputs/pre-deploy.ts';
import type { ReportSection } from '../report/report.ts';
import { preDeployContainer } from '../rollout/pre-deploy-order.ts';
import { runPreDeployTask } from '../rollout/pre-deploy-task.ts';
import type { Refusal } from './preflight.ts';
import type { ShiftRun } from './run-plan.ts';

/** `sentence`: how its task ended. */
export type PreDeployEnd =
  | { readonly kind: 'passed' | 'cancelled'; readonly sentence: string }
  | { readonly kind: 'failed'; readonly refusal: Refusal; readonly sections: readonly ReportSection[] };

/** Runs before the lock is taken: a long migration gives no sign of life. */
export async function preDeploy(
  { ports, record }: ShiftRun,
  order: {
    readonly cluster: string;
    readonly service: ServiceFacts;
    readonly definition: RegisteredDefinition;
    readonly request: PreDeployRequest;
  },
): Promise<PreDeployEnd> {
  const { definition, request } = order;
  const container = preDeployContainer(definition.definition.containerDefinitions ?? [], request.container);
  if (container.kind === 'refuse') {
    const refusal = { code: 'pre-deploy-container', message: container.reason } as const;
    return { kind: 'failed', refusal, sections: [] };
  }
  const result = await runPreDeployTask(
    { ...ports, cancelled: ports.runner.cancelled, record },
    { ...order, container: container.name, run: ports.context },
  );
  if (result.kind !== 'failed') return result;
  const message = `${result.reason} ${result.remedy}`;
  const refusal = { code: preDeployCode(result.code), message };
  return { kind: 'failed', refusal, sections: result.sections };
}

function preDeployCode(code: string): Refusal['code'] {
  return code === 'pre-deploy-timed-out' || code === 'pre-deploy-not-started' ? code : 'pre-deploy-failed';
}
