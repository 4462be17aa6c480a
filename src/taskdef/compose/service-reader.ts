/** One service of a project as its mapping sees it: attributes, and where to say what is wrong with them. */
import type { JsonObject, JsonValue } from '../json.ts';
import type { SourcePlace } from '../problem.ts';
import type { Findings } from './findings.ts';
import type { Places } from './tree.ts';

export class ServiceReader {
  readonly name: string;
  readonly service: JsonObject;
  readonly places: Places;
  readonly #findings: Findings;
  readonly #home: SourcePlace | undefined;

  /** `home` is the line of the service's name. */
  constructor(
    name: string,
    service: JsonObject,
    places: Places,
    findings: Findings,
    home: SourcePlace | undefined,
  ) {
    this.name = name;
    this.service = service;
    this.places = places;
    this.#findings = findings;
    this.#home = home;
  }

  get(attribute: string): JsonValue | undefined {
    const value = this.service[attribute];
    return value === null ? undefined : value;
  }

  /** Of an entry of the attribute's own map or list, of the attribute, or of the service. */
  place(attribute: string, step?: string | number): SourcePlace | undefined {
    const value = this.service[attribute];
    const inner =
      step !== undefined && typeof value === 'object' && value !== null
        ? this.places.at(value, step)
        : undefined;
    return inner ?? this.places.at(this.service, attribute) ?? this.#home;
  }

  /** `message` without a full stop: what ECS cannot do, and what to do instead. */
  refuse(attribute: string, message: string, step?: string | number): void {
    const path = `services.${this.name}.${attribute}${step === undefined ? '' : `.${step}`}`;
    this.#findings.refuse('compose-unsupported', this.place(attribute, step), `${path}: ${message}.`);
  }

  notice(attribute: string, message: string, step?: string | number): void {
    const place = this.place(attribute, step);
    const where = place === undefined ? '' : `${place.file}:${place.line}: `;
    this.#findings.notice(`${where}services.${this.name}.${attribute}: ${message}.`);
  }
}
