import { Gauge, type Registry } from 'prom-client';

/** One value, with the labels that tell it from others of its name. */
export type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];

/** A gauge that is read when somebody asks; what `read` leaves out is not shown. */
export function addGauge(
  registry: Registry,
  { name, help, labels = [] }: { readonly name: string; readonly help: string; readonly labels?: readonly string[] },
  read: () => readonly Sample[] | Promise<readonly Sample[]>,
): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [],
    async collect() {
      const samples = await read();
      this.reset();
      if (labels.length === 0) this.remove(); // else it would show 0
      for (const [value, told = {}] of samples) this.set(told, value);
    },
  });
  registry.registerMetric(gauge);
}
