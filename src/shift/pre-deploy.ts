/** The one-off task before a shift, as in rolling-deploy: the command has to pass before anything is changed. */
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import type { PreDeployRequest } from '../inputs/pre-deploy.ts';
import type { ReportSection } from '../report/report.ts';
import { preDeployContainer } from '../rollout/pre-deploy-order.ts';
import { runPreDeployTask } from '../rollout/pre-deploy-task.ts';
import type { Refusal } from './preflight.ts';
import type { ShiftRun } from './run-plan.ts';

/** Undefined: it passed. Runs before the lock is taken: a long migration gives no sign of life. */
export async function preDeploy(
  { ports, record }: ShiftRun,
  order: {
    readonly cluster: string;
    readonly service: ServiceFacts;
    readonly definition: RegisteredDefinition;
    readonly request: PreDeployRequest;
  },
): Promise<{ readonly refusal: Refusal; readonly sections: readonly ReportSection[] } | undefined> {
  const { definition, request } = order;
  const container = preDeployContainer(definition.definition.containerDefinitions ?? [], request.container);
  if (container.kind === 'refuse') {
    return { refusal: { code: 'pre-deploy-container', message: container.reason }, sections: [] };
  }
  const result = await runPreDeployTask(
    { ...ports, cancelled: ports.runner.cancelled, record },
    { ...order, container: container.name, run: ports.context },
  );
  switch (result.kind) {
    case 'passed':
      return undefined;
    case 'cancelled':
      return { refusal: { code: 'pre-deploy-cancelled', message: result.sentence }, sections: [] };
    case 'failed': {
      const message = `${result.reason} ${result.remedy}`;
      return { refusal: { code: preDeployCode(result.code), message }, sections: result.sections };
    }
  }
}

function preDeployCode(code: string): Refusal['code'] {
  return code === 'pre-deploy-timed-out' || code === 'pre-deploy-not-started' ? code : 'pre-deploy-failed';
}
