/**
 * The world: all services over one kernel. One door in for API calls (`call`), one for facts (`report`).
 * Pure: no clock, no I/O; the same configuration, calls and facts give the same journal byte for byte.
 */

import { AwsError } from './aws-error.ts';
import { defaultConfig, Kernel, type WorldConfig } from './kernel.ts';
import type { ApiRequest, ApiResult, ServiceId, ServiceModule } from './service.ts';
import type { Fact } from './substrate.ts';

export class World {
  readonly kernel: Kernel;
  readonly modules: ReadonlyMap<ServiceId, ServiceModule> = new Map();

  constructor(config: Partial<WorldConfig> = {}) {
    this.kernel = new Kernel({ ...defaultConfig, ...config });
    // Composition of the services goes here as they land.
  }

  /**
   * One API call at the world's now. Order as on AWS: faults of the transport and throttling, then IAM,
   * then the operation. Never throws: errors are answers.
   */
  call(request: ApiRequest): ApiResult {
    const operation = this.modules.get(request.service)?.operations[request.operation];
    if (operation === undefined) {
      const message = `The lab does not simulate ${request.service}:${request.operation}.`;
      return { kind: 'error', error: new AwsError('UnknownOperationException', message, 400), delayMs: 0 };
    }
    try {
      const output = operation.run(request.input, { principal: request.principal });
      return { kind: 'answer', output, delayMs: 0 };
    } catch (error) {
      if (error instanceof AwsError) return { kind: 'error', error, delayMs: 0 };
      throw error;
    }
  }

  /** Something the substrate saw, at the world's now. */
  report(_fact: Fact): void {}
}
