/** Create, Describe, Modify and Delete of listeners. */

import type {
  CreateListenerInput,
  DeleteListenerInput,
  DescribeListenersInput,
  Listener as ListenerShape,
  ModifyListenerInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.ts';
import { copyData } from '../plain-data.ts';
import type { Operation } from '../service.ts';
import { describeActions, normaliseActions } from './actions.ts';
import { listenerAttributeDefaults } from './attribute-rules.ts';
import { poolPermissions, withoutSecrets } from './authentication.ts';
import { between, listenerNotFound, loadBalancerArnNotFound, required, validationError } from './errors.ts';
import type { Elbv2State, Listener } from './model.ts';
import { marker, page } from './pagination.ts';
import { checkTags, storeTags, tagOnCreate } from './tags.ts';

const defaultSslPolicy = 'ELBSecurityPolicy-TLS13-1-2-2021-06';

export function listenerOperations(state: Elbv2State): Record<string, Operation> {
  return {
    CreateListener: {
      mutates: true,
      permissions: (input: Partial<CreateListenerInput> | undefined) => [
        { action: 'elasticloadbalancing:CreateListener', resources: [input?.LoadBalancerArn ?? '*'] },
        ...tagOnCreate('CreateListener', input?.Tags, `${listenerArn(input?.LoadBalancerArn ?? '*')}/*`),
        ...poolPermissions(input?.DefaultActions),
      ],
      run: (input: CreateListenerInput) => ({ Listeners: [shape(create(state, input))] }),
    },
    DescribeListeners: {
      mutates: false,
      permissions: () => [{ action: 'elasticloadbalancing:DescribeListeners', resources: ['*'] }],
      run: (input: DescribeListenersInput) => {
        const found = page(select(state, input), input);
        return { Listeners: found.items.map(shape), ...marker(found) };
      },
    },
    ModifyListener: {
      mutates: true,
      permissions: (input: Partial<ModifyListenerInput> | undefined) => [
        { action: 'elasticloadbalancing:ModifyListener', resources: [input?.ListenerArn ?? '*'] },
        ...poolPermissions(input?.DefaultActions),
      ],
      run: (input: ModifyListenerInput) => ({ Listeners: [shape(modify(state, input))] }),
    },
    DeleteListener: {
      mutates: true,
      permissions: (input: Partial<DeleteListenerInput> | undefined) => [
        { action: 'elasticloadbalancing:DeleteListener', resources: [input?.ListenerArn ?? '*'] },
      ],
      run: (input: DeleteListenerInput) => {
        const listener = findListener(state, input.ListenerArn);
        for (const rule of [...state.rules.values()]) {
          if (rule.listenerArn === listener.arn) state.rules.delete(rule.arn);
        }
        state.listeners.delete(listener.arn);
        state.tags.delete(listener.arn);
        state.kernel.record('elbv2.listener-deleted', listener.arn);
        state.routingChanged();
        return {};
      },
    },
  };
}

export function findListener(state: Elbv2State, arn: string | undefined): Listener {
  required(arn, 'ListenerArn');
  const listener = state.listeners.get(arn!);
  if (listener === undefined) throw listenerNotFound(arn!);
  return listener;
}

/** The listener's ARN without its own id. */
function listenerArn(loadBalancerArn: string): string {
  return loadBalancerArn.replace(':loadbalancer/', ':listener/');
}

function checkProtocol(protocol: string, certificates: readonly unknown[]): void {
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') {
    throw validationError(`Listener protocol '${protocol}' must be one of 'HTTP, HTTPS'`);
  }
  if (protocol === 'HTTPS' && certificates.length === 0) {
    throw new AwsError('ValidationError', 'A certificate must be specified for HTTPS listeners');
  }
  if (protocol === 'HTTP' && certificates.length > 0) {
    throw validationError("You cannot specify certificates for the protocol 'HTTP'");
  }
}

function create(state: Elbv2State, input: CreateListenerInput): Listener {
  required(input.LoadBalancerArn, 'LoadBalancerArn');
  required(input.DefaultActions, 'DefaultActions');
  const loadBalancerArn = input.LoadBalancerArn!;
  if (!state.loadBalancers.has(loadBalancerArn)) throw loadBalancerArnNotFound(loadBalancerArn);
  const port = input.Port;
  if (port === undefined) throw validationError('A listener port must be specified');
  between(port, 1, 65_535, 'Listener port');
  if (input.Protocol === undefined) throw validationError('A listener protocol must be specified');
  const certificateArns = (input.Certificates ?? []).map((certificate) => certificate.CertificateArn ?? '');
  checkProtocol(input.Protocol, certificateArns);
  checkTags(input.Tags);
  for (const other of state.listeners.values()) {
    if (other.loadBalancerArn === loadBalancerArn && other.port === port) {
      throw new AwsError(
        'DuplicateListener',
        'A listener already exists on this port for this load balancer',
      );
    }
  }
  const actions = normaliseActions(
    state,
    { loadBalancerArn, protocol: input.Protocol },
    input.DefaultActions,
  );
  const rng = state.kernel.rng('elbv2.id');
  const arn = `${listenerArn(loadBalancerArn)}/${rng.hex(16)}`;
  const listener: Listener = {
    arn,
    loadBalancerArn,
    port,
    protocol: input.Protocol,
    sslPolicy: input.Protocol === 'HTTPS' ? (input.SslPolicy ?? defaultSslPolicy) : undefined,
    certificateArns,
    attributes: new Map(listenerAttributeDefaults),
    defaultRule: {
      arn: `${arn.replace(':listener/', ':listener-rule/')}/${rng.hex(16)}`,
      listenerArn: arn,
      priority: 'default',
      conditions: [],
      actions,
    },
  };
  state.listeners.set(arn, listener);
  storeTags(state, arn, input.Tags);
  state.kernel.record('elbv2.listener-created', arn, { port, actions: describeActions(actions) });
  state.routingChanged();
  return listener;
}

function select(state: Elbv2State, input: DescribeListenersInput): Listener[] {
  const { LoadBalancerArn, ListenerArns } = input;
  if (ListenerArns !== undefined && ListenerArns.length > 0) {
    return ListenerArns.map((arn) => findListener(state, arn));
  }
  if (LoadBalancerArn === undefined) {
    throw validationError('You must specify either listener ARNs or a load balancer ARN');
  }
  if (!state.loadBalancers.has(LoadBalancerArn)) throw loadBalancerArnNotFound(LoadBalancerArn);
  return [...state.listeners.values()].filter((listener) => listener.loadBalancerArn === LoadBalancerArn);
}

function modify(state: Elbv2State, input: ModifyListenerInput): Listener {
  const listener = findListener(state, input.ListenerArn);
  const port = input.Port ?? listener.port;
  between(port, 1, 65_535, 'Listener port');
  const protocol = input.Protocol ?? listener.protocol;
  const certificateArns =
    input.Certificates?.map((certificate) => certificate.CertificateArn ?? '') ??
    (protocol === 'HTTPS' ? listener.certificateArns : []);
  checkProtocol(protocol, certificateArns);
  for (const other of state.listeners.values()) {
    if (other !== listener && other.loadBalancerArn === listener.loadBalancerArn && other.port === port) {
      throw new AwsError(
        'DuplicateListener',
        'A listener already exists on this port for this load balancer',
      );
    }
  }
  const actions =
    input.DefaultActions === undefined
      ? listener.defaultRule.actions
      : normaliseActions(
          state,
          { loadBalancerArn: listener.loadBalancerArn, protocol, previous: listener.defaultRule.actions },
          input.DefaultActions,
        );
  listener.port = port;
  listener.protocol = protocol;
  listener.certificateArns = certificateArns;
  listener.sslPolicy =
    protocol === 'HTTPS' ? (input.SslPolicy ?? listener.sslPolicy ?? defaultSslPolicy) : undefined;
  listener.defaultRule.actions = actions;
  state.kernel.record('elbv2.listener-modified', listener.arn, { port, actions: describeActions(actions) });
  state.routingChanged();
  return listener;
}

function shape(listener: Listener): ListenerShape {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol as 'HTTP' | 'HTTPS',
    ...(listener.certificateArns.length === 0
      ? {}
      : { Certificates: listener.certificateArns.map((CertificateArn) => ({ CertificateArn })) }),
    ...(listener.sslPolicy === undefined ? {} : { SslPolicy: listener.sslPolicy }),
    DefaultActions: copyData(withoutSecrets(listener.defaultRule.actions)),
  };
}
