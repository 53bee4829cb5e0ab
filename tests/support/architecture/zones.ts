/** Who may import whom: the folders of docs/ARCHITECTURE.md as a table. */

/**
 * The zone a file belongs to. A composition root (`root`) may import anything but tests: deciding what runs where is
 * its whole purpose.
 */
export function zoneOf(path: string): string {
  if (path === 'package.json') return 'package'
  const [top = '', second = '', third = '', fourth] = path.split('/')
  if (top !== 'src') return path.includes('/') ? top : 'root'
  if (['lib', 'protocol', 'signal', 'client', 'ui', 'box'].includes(second)) return second
  if (second === 'adapters') return `adapters/${third}`
  if (second !== 'core') return 'root'
  if (fourth === undefined) return third === 'core.ts' ? 'core' : 'core/shared'
  return `core/${third}`
}

/** Core folders that every feature may use. */
const SHARED = ['core/domain', 'core/ports', 'core/jobs', 'core/shared']

/** Zones that a zone may import besides itself. */
export function allowedZones(zone: string): readonly string[] | 'anything' {
  if (zone.startsWith('adapters/')) {
    const further = zone === 'adapters/crypto' ? ['signal'] : zone === 'adapters/push' ? ['box'] : []
    return ['lib', 'protocol', 'core/domain', 'core/ports', ...further]
  }
  switch (zone) {
    case 'lib':
      return []
    case 'protocol':
    case 'signal':
      return ['lib']
    case 'core/domain':
      return ['lib', 'protocol']
    case 'core/ports':
      return ['lib', 'protocol', 'core/domain']
    case 'client':
      return ['lib', 'protocol', 'core/domain', 'core/ports', 'contract']
    case 'ui':
      return ['lib', 'client', 'core/domain', 'protocol/ids', 'protocol/limits']
    case 'box':
      return ['lib', 'protocol']
    case 'service-worker':
      return ['lib', 'protocol', 'box']
    case 'relay-server':
      return ['lib', 'protocol', 'signal', 'package']
    case 'core':
    case 'root':
    case 'tests':
      return 'anything'
    case 'scripts':
    case 'vite':
      return ['scripts', 'vite']
    case 'examples':
      return ['client', 'root', 'core/domain', 'lib', 'protocol']
    default:
      return ['lib', 'protocol', ...SHARED] // a feature of the core, its jobs and its shared files
  }
}

/** Whether a file of `from` may import the file at `target`. */
export function mayImport(from: string, target: string): boolean {
  const zone = zoneOf(target)
  if (zone === 'tests') return from === 'tests'
  const allowed = allowedZones(from)
  if (allowed === 'anything' || zone === from || allowed.includes(zone)) return true
  // The core's public face: the types that a bridge carries.
  if (allowed.includes('contract') && /^src\/core\/(?:api|\w+\/contract)\.ts$/.test(target)) return true
  // The list of all commands names every feature's contract.
  if (from === 'core/shared' && zone.startsWith('core/')) return true
  return allowed.some((name) => target === `src/${name}.ts`)
}

/** Packages that would bind pure code to one runtime or one vendor. */
const BOUND =
  /^node:|libp2p|multiaddr|^kysely|sqlite|^svelte|^@lucide|^virtua|^fastify|^workbox|^pino|^prom-client/

/** Whether a file of `from` may use a package. */
export function mayUsePackage(from: string, specifier: string): boolean {
  if (from === 'lib') return false
  if (
    from === 'protocol' ||
    from === 'signal' ||
    from === 'client' ||
    from === 'box' ||
    from.startsWith('core')
  ) {
    return !BOUND.test(specifier)
  }
  if (from === 'ui') return !/^node:|libp2p|^kysely|sqlite|^fastify|^@noble/.test(specifier)
  if (from === 'service-worker') return !/^node:|libp2p|^svelte|sqlite/.test(specifier)
  if (from === 'relay-server') return !/^svelte|^@lucide|^virtua|^workbox|^vite/.test(specifier)
  return true
}
