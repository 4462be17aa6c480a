/** Where the targets of the world can really be reached. */
import { isIP } from 'node:net';
import type { TargetRoute } from '../world/contracts.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Tasks by ARN and container port, instances by id. */
export class EndpointMap {
  readonly #tasks = new Map<string, Map<number, Endpoint>>();
  readonly #addresses = new Map<string, string>();
  readonly #instances = new Map<string, Endpoint>();

  /** Adds the ports of one container of a task. `privateIp` finds targets that were registered by hand. */
  addTask(taskArn: string, privateIp: string, endpoints: Readonly<Record<number, Endpoint>>): void {
    const ports = this.#tasks.get(taskArn) ?? new Map<number, Endpoint>();
    for (const [port, endpoint] of Object.entries(endpoints)) ports.set(Number(port), endpoint);
    this.#tasks.set(taskArn, ports);
    this.#addresses.set(privateIp, taskArn);
  }

  removeTask(taskArn: string): void {
    this.#tasks.delete(taskArn);
    for (const [address, owner] of this.#addresses) if (owner === taskArn) this.#addresses.delete(address);
  }

  /** An EC2-like host: whatever port a target group names, the instance answers at this one address. */
  registerInstance(id: string, host: string, port: number): void {
    this.#instances.set(id, { host, port });
  }

  removeInstance(id: string): void {
    this.#instances.delete(id);
  }

  /** Undefined: nobody is there (a connection to it fails). Addresses beyond this machine are never dialled. */
  resolve(target: Pick<TargetRoute, 'id' | 'port' | 'ownerTaskArn'>): Endpoint | undefined {
    const taskArn = target.ownerTaskArn ?? this.#addresses.get(target.id);
    if (taskArn !== undefined) return this.#tasks.get(taskArn)?.get(target.port);
    const instance = this.#instances.get(target.id);
    if (instance !== undefined) return instance;
    const isLoopback = target.id === '::1' || (isIP(target.id) === 4 && target.id.startsWith('127.'));
    return isLoopback ? { host: target.id, port: target.port } : undefined;
  }
}
