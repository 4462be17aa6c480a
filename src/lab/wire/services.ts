/**
 * The services that the wire speaks: how each is addressed and signed, and its shapes. Shapes are the
 * schemas that the SDK clients carry (`CreateService$` and so on, exported by each client's index), so
 * what the clients write is what is read here.
 */
import * as applicationAutoScaling from '@aws-sdk/client-application-auto-scaling';
import * as cloudWatch from '@aws-sdk/client-cloudwatch';
import * as cloudWatchLogs from '@aws-sdk/client-cloudwatch-logs';
import * as ecr from '@aws-sdk/client-ecr';
import * as ecs from '@aws-sdk/client-ecs';
import * as elasticLoadBalancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as secretsManager from '@aws-sdk/client-secrets-manager';
import * as sns from '@aws-sdk/client-sns';
import * as sts from '@aws-sdk/client-sts';
import { NormalizedSchema } from '@smithy/core/schema';
import type { ServiceId } from '../world/service.ts';
import { iamSchemas } from './iam-schemas.ts';
import { ssmSchemas } from './ssm-schemas.ts';

export interface OperationShape {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

export interface ErrorShape {
  /** Name of the shape: `LoadBalancerNotFoundException`. */
  readonly name: string;
  /** Code in the Query protocol, where the model gives one: `LoadBalancerNotFound`. */
  readonly queryCode: string | undefined;
  readonly status: number;
  readonly schema: NormalizedSchema;
}

export interface ServiceShape {
  readonly id: ServiceId;
  /** Service name in the credential scope of a signature. */
  readonly signingName: string;
  /** First labels of the host name on AWS. */
  readonly hostPrefixes: readonly string[];
  /** Before the dot in `X-Amz-Target`; in RPC v2 paths `/service/<this>/operation/...`. */
  readonly target: string;
  readonly apiVersion: string;
  /** Of shapes: the part before `#` in a full error name. */
  readonly namespace: string;
  readonly xmlNamespace: string;
  /** Trait `awsQueryCompatible`: errors carry the old Query code in a header. */
  readonly queryCompatible: boolean;
  /** One endpoint for all regions: signatures of any region are good. */
  readonly global: boolean;
  readonly operations: ReadonlyMap<string, OperationShape>;
  /** By shape name and by Query code. */
  readonly errors: ReadonlyMap<string, ErrorShape>;
}

/** Fixed facts of one service; the SDK has them only inside its runtime configuration. */
type ServiceFacts = Omit<
  ServiceShape,
  'operations' | 'errors' | 'namespace' | 'queryCompatible' | 'global'
> & {
  readonly queryCompatible?: boolean;
  readonly global?: boolean;
};

const STATIC_OPERATION = 9;
const STATIC_ERROR = -3;

function isStaticSchema(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && typeof value[0] === 'number' && typeof value[2] === 'string';
}

function shapeOf(facts: ServiceFacts, exported: Readonly<Record<string, unknown>>): ServiceShape {
  const operations = new Map<string, OperationShape>();
  const errors = new Map<string, ErrorShape>();
  let namespace = '';
  for (const schema of Object.values(exported)) {
    if (!isStaticSchema(schema)) continue;
    const name = schema[2] as string;
    if (schema[0] === STATIC_OPERATION) {
      namespace = schema[1] as string;
      operations.set(name, {
        name,
        input: NormalizedSchema.of(schema[4] as () => never),
        output: NormalizedSchema.of(schema[5] as () => never),
      });
    } else if (schema[0] === STATIC_ERROR && !String(schema[1]).startsWith('smithy.ts.sdk.synthetic')) {
      const normalized = NormalizedSchema.of(schema as never);
      const traits = normalized.getMergedTraits() as {
        readonly awsQueryError?: readonly [string, number];
        readonly httpError?: number;
        readonly error?: string;
      };
      const queryCode = traits.awsQueryError?.[0];
      const status = traits.httpError ?? traits.awsQueryError?.[1] ?? (traits.error === 'server' ? 500 : 400);
      const shape: ErrorShape = { name, queryCode, status, schema: normalized };
      errors.set(name, shape);
      if (queryCode !== undefined && !errors.has(queryCode)) errors.set(queryCode, shape);
    }
  }
  return { queryCompatible: false, global: false, ...facts, namespace, operations, errors };
}

export const services: readonly ServiceShape[] = [
  shapeOf(
    {
      id: 'ecs',
      signingName: 'ecs',
      hostPrefixes: ['ecs'],
      target: 'AmazonEC2ContainerServiceV20141113',
      apiVersion: '2014-11-13',
      xmlNamespace: 'http://ecs.amazonaws.com/doc/2014-11-13/',
    },
    ecs,
  ),
  shapeOf(
    {
      id: 'elasticloadbalancing',
      signingName: 'elasticloadbalancing',
      hostPrefixes: ['elasticloadbalancing'],
      target: 'ElasticLoadBalancing_v10',
      apiVersion: '2015-12-01',
      xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    },
    elasticLoadBalancing,
  ),
  shapeOf(
    {
      id: 'cloudwatch',
      signingName: 'monitoring',
      hostPrefixes: ['monitoring'],
      target: 'GraniteServiceVersion20100801',
      apiVersion: '2010-08-01',
      xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
      queryCompatible: true,
    },
    cloudWatch,
  ),
  shapeOf(
    {
      id: 'application-autoscaling',
      signingName: 'application-autoscaling',
      hostPrefixes: ['application-autoscaling'],
      target: 'AnyScaleFrontendService',
      apiVersion: '2016-02-06',
      xmlNamespace: 'http://autoscaling.amazonaws.com/doc/2016-02-06/',
    },
    applicationAutoScaling,
  ),
  shapeOf(
    {
      id: 'ecr',
      signingName: 'ecr',
      hostPrefixes: ['api.ecr', 'ecr'],
      target: 'AmazonEC2ContainerRegistry_V20150921',
      apiVersion: '2015-09-21',
      xmlNamespace: 'http://ecr.amazonaws.com/doc/2015-09-21/',
    },
    ecr,
  ),
  shapeOf(
    {
      id: 'secretsmanager',
      signingName: 'secretsmanager',
      hostPrefixes: ['secretsmanager'],
      target: 'secretsmanager',
      apiVersion: '2017-10-17',
      xmlNamespace: 'http://secretsmanager.amazonaws.com/doc/2017-10-17/',
    },
    secretsManager,
  ),
  shapeOf(
    {
      id: 'logs',
      signingName: 'logs',
      hostPrefixes: ['logs'],
      target: 'Logs_20140328',
      apiVersion: '2014-03-28',
      xmlNamespace: 'http://monitoring.amazonaws.com/doc/2014-03-28/',
    },
    cloudWatchLogs,
  ),
  shapeOf(
    {
      id: 'sns',
      signingName: 'sns',
      hostPrefixes: ['sns'],
      target: 'AmazonSimpleNotificationService',
      apiVersion: '2010-03-31',
      xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    },
    sns,
  ),
  shapeOf(
    {
      id: 'ssm',
      signingName: 'ssm',
      hostPrefixes: ['ssm'],
      target: 'AmazonSSM',
      apiVersion: '2014-11-06',
      xmlNamespace: 'http://ssm.amazonaws.com/doc/2014-11-06/',
    },
    ssmSchemas,
  ),
  shapeOf(
    {
      id: 'sts',
      signingName: 'sts',
      hostPrefixes: ['sts'],
      target: 'AWSSecurityTokenServiceV20110615',
      apiVersion: '2011-06-15',
      xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
      global: true,
    },
    sts,
  ),
  shapeOf(
    {
      id: 'iam',
      signingName: 'iam',
      hostPrefixes: ['iam'],
      target: 'AWSIdentityManagementV20100508',
      apiVersion: '2010-05-08',
      xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
      global: true,
    },
    iamSchemas,
  ),
];

export function serviceBySigningName(signingName: string): ServiceShape | undefined {
  return services.find((service) => service.signingName === signingName);
}

export function serviceByTarget(target: string): ServiceShape | undefined {
  return services.find((service) => service.target === target);
}

/** `api.ecr.ap-south-1.amazonaws.com:443` and the like; undefined for loopback names. */
export function serviceByHost(host: string): ServiceShape | undefined {
  return services.find((service) => service.hostPrefixes.some((prefix) => host.startsWith(`${prefix}.`)));
}

export function serviceByVersion(apiVersion: string): ServiceShape | undefined {
  return services.find((service) => service.apiVersion === apiVersion);
}
