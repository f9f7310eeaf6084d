/** The connections of one attempt: the first takes the snapshot, the others join it; all of them copy. */
import type { Address } from '../../io/postgres/address.js';
import { Session } from '../../io/postgres/session.js';
import { joinSnapshot, type Limits, type Snapshot, takeSnapshot } from '../../io/postgres/snapshot.js';

export class Connections {
  private constructor(
    readonly leader: Session,
    readonly snapshot: Snapshot,
    private readonly followers: Session[],
  ) {}

  /** Errors: E_DATABASE, E_INTERRUPTED. */
  static async open(
    address: Address,
    limits: Limits,
    jobs: number,
    signal: AbortSignal,
  ): Promise<Connections> {
    const leader = await Session.open(address, signal);
    try {
      return new Connections(leader, await takeSnapshot(leader, limits, jobs), []);
    } catch (error) {
      await leader.destroy();
      throw error;
    }
  }

  get all(): readonly Session[] {
    return [this.leader, ...this.followers];
  }

  /** Another connection with the same snapshot. */
  async join(limits: Limits, signal: AbortSignal): Promise<Session> {
    const session = await Session.open(this.leader.address, signal);
    this.followers.push(session);
    await joinSnapshot(session, limits, this.snapshot.id!);
    return session;
  }

  /** Ends in order: a transaction that only read has nothing to lose. */
  async close(): Promise<void> {
    for (const session of this.all) await session.close();
  }

  /** Ends at once, leaving no backend at work. */
  async destroy(): Promise<void> {
    await Promise.all(this.all.map((session) => session.destroy()));
  }
}
