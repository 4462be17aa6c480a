/** The operations on service deployments and service revisions. */
import type {
  ContinueServiceDeploymentRequest,
  ContinueServiceDeploymentResponse,
  DescribeServiceDeploymentsRequest,
  DescribeServiceDeploymentsResponse,
  DescribeServiceRevisionsRequest,
  DescribeServiceRevisionsResponse,
  Failure,
  ListServiceDeploymentsRequest,
  ListServiceDeploymentsResponse,
  ServiceDeployment,
  ServiceRevision,
  StopServiceDeploymentRequest,
  StopServiceDeploymentResponse,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../aws-error.ts';
import { servicePathOf } from './arns.ts';
import type { BlueGreen } from './blue-green.ts';
import { type Deployments, historyMs, isTerminal } from './deployments.ts';
import { invalidParameter, serviceDeploymentNotFound, serviceNotFound, unsupported } from './errors.ts';
import { pageOf } from './pages.ts';
import { viewServiceDeployment, viewServiceDeploymentBrief, viewServiceRevision } from './service-view.ts';
import type { Services } from './services.ts';
import type { EcsContext, ServiceDeploymentRecord } from './state.ts';

export class ServiceDeployments {
  readonly #context: EcsContext;
  readonly #services: Services;
  readonly #deployments: Deployments;
  readonly #blueGreen: BlueGreen;

  constructor(context: EcsContext, services: Services, deployments: Deployments, blueGreen: BlueGreen) {
    this.#context = context;
    this.#services = services;
    this.#deployments = deployments;
    this.#blueGreen = blueGreen;
  }

  /** Newest first. */
  list(input: ListServiceDeploymentsRequest): ListServiceDeploymentsResponse {
    const service = this.#services.find(input.cluster ?? clusterOf(input.service), input.service);
    if (service.controller !== 'ECS') {
      throw unsupported(
        'Service deployments are only there for services with the ECS deployment controller.',
      );
    }
    const { after, before } = input.createdAt ?? {};
    const found = service.history.filter((record) => {
      if (!this.#isRemembered(record)) return false;
      if ((input.status ?? []).length > 0 && !input.status!.includes(record.status)) return false;
      if (after !== undefined && record.createdAt < after.getTime()) return false;
      return before === undefined || record.createdAt <= before.getTime();
    });
    const page = pageOf(found, input, 100, 20);
    return { serviceDeployments: page.items.map(viewServiceDeploymentBrief), nextToken: page.nextToken };
  }

  describe(input: DescribeServiceDeploymentsRequest): DescribeServiceDeploymentsResponse {
    const arns = checkedArns(input.serviceDeploymentArns, 'serviceDeploymentArns');
    const serviceDeployments: ServiceDeployment[] = [];
    const failures: Failure[] = [];
    for (const arn of arns) {
      const record = this.#context.state.serviceDeployments.get(arn);
      if (record === undefined || !this.#isRemembered(record)) failures.push({ arn, reason: 'MISSING' });
      else
        serviceDeployments.push(
          viewServiceDeployment(record, this.#context.options.drainingTasksCountAsRunning),
        );
    }
    return { serviceDeployments, failures };
  }

  describeRevisions(input: DescribeServiceRevisionsRequest): DescribeServiceRevisionsResponse {
    const arns = checkedArns(input.serviceRevisionArns, 'serviceRevisionArns');
    const serviceRevisions: ServiceRevision[] = [];
    const failures: Failure[] = [];
    for (const arn of arns) {
      const revision = this.#context.state.revisions.get(arn);
      const path = servicePathOf(arn);
      if (revision === undefined || path === undefined) {
        failures.push({ arn, reason: 'MISSING' });
        continue;
      }
      const service = this.#context.state.clusters.get(path.cluster)?.services.get(path.service);
      if (service === undefined) throw serviceNotFound();
      serviceRevisions.push(viewServiceRevision(service, revision));
    }
    return { serviceRevisions, failures };
  }

  /** Rolls back to the last completed revision. A second request while that goes on changes nothing. */
  stop(input: StopServiceDeploymentRequest): StopServiceDeploymentResponse {
    const record = this.#find(input.serviceDeploymentArn);
    const stopType = input.stopType ?? 'ROLLBACK';
    if (stopType !== 'ROLLBACK')
      throw invalidParameter(`Invalid stopType ${stopType}. The valid values are ROLLBACK.`);
    if (isTerminal(record)) {
      throw new AwsError(
        'ConflictException',
        `The service deployment cannot be stopped because it is in the terminal state ${record.status}.`,
      );
    }
    const deployment = record.service.deployments[0];
    const canStop = record.status === 'PENDING' || record.status === 'IN_PROGRESS';
    if (canStop && deployment?.serviceDeployment === record)
      this.#deployments.fail(deployment, 'stop-request', true);
    return { serviceDeploymentArn: record.arn };
  }

  /** @throws ClientException where no such hook waits: that of a rolling deployment never does */
  continue(input: ContinueServiceDeploymentRequest): ContinueServiceDeploymentResponse {
    const record = this.#find(input.serviceDeploymentArn);
    this.#blueGreen.answer(record, input.hookId, input.action ?? 'CONTINUE');
    return { serviceDeploymentArn: record.arn };
  }

  #find(arn: string | undefined): ServiceDeploymentRecord {
    const record = this.#context.state.serviceDeployments.get(arn ?? '');
    if (record === undefined || !this.#isRemembered(record)) throw serviceDeploymentNotFound();
    return record;
  }

  #isRemembered(record: ServiceDeploymentRecord): boolean {
    return this.#context.kernel.now - record.createdAt < historyMs;
  }
}

function clusterOf(service: string | undefined): string | undefined {
  return servicePathOf(service ?? '')?.cluster;
}

function checkedArns(arns: readonly string[] | undefined, member: string): readonly string[] {
  if (arns === undefined || arns.length === 0) throw invalidParameter(`${member} cannot be empty.`);
  if (arns.length > 20) throw invalidParameter(`${member} can have at most 20 items.`);
  return arns;
}
