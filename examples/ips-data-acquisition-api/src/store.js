/**
 * Where sessions and IMU data are kept. The service of the guide has PostgreSQL behind this interface; the
 * example keeps a bounded number of sessions in memory, so that it runs anywhere.
 *
 * @typedef {object} Store
 * @property {(session: object) => object} addSession
 * @property {(id: string) => object | undefined} session
 * @property {() => object[]} sessions newest first
 * @property {(id: string, endedAt: string) => object | undefined} closeSession
 * @property {(id: string, samples: object[]) => number | undefined} addImuData number of samples now held
 * @property {(id: string) => object[] | undefined} imuData
 */

const mostSessions = 10_000;
const mostSamplesPerSession = 100_000;

/** @returns {Store} */
export function createMemoryStore() {
  const sessions = new Map();
  return {
    addSession(session) {
      if (sessions.size >= mostSessions) sessions.delete(sessions.keys().next().value);
      sessions.set(session.id, { session, samples: [] });
      return session;
    },
    session: (id) => sessions.get(id)?.session,
    sessions: () => [...sessions.values()].map((entry) => entry.session).reverse(),
    closeSession(id, endedAt) {
      const entry = sessions.get(id);
      if (entry === undefined) return undefined;
      entry.session = { ...entry.session, status: 'closed', endedAt: entry.session.endedAt ?? endedAt };
      return entry.session;
    },
    addImuData(id, samples) {
      const entry = sessions.get(id);
      if (entry === undefined) return undefined;
      entry.samples.push(...samples);
      if (entry.samples.length > mostSamplesPerSession) {
        entry.samples.splice(0, entry.samples.length - mostSamplesPerSession);
      }
      return entry.samples.length;
    },
    imuData: (id) => sessions.get(id)?.samples,
  };
}
