// The addon's module object: at most a dozen keys, each function in it described in lib/native, and each takes at most
// one argument.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { addonPath } from '../../dist/lib/native.js'
import { root } from '../fixtures/child.js'

const KEYS_MAX = 12
const ARGUMENTS_MAX = 1
const addon: Record<string, unknown> = createRequire(import.meta.url)(addonPath)

/** Paths of everything in a module object that is no group: 'ports.open', 'turn'. */
function pathsOf(object: object, at = ''): string[] {
  return Object.entries(object).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? pathsOf(value, `${at}${key}.`)
      : [`${at}${key}`],
  )
}

interface Described {
  path: string
  /** Of calls and constructors; none of a constant. */
  signatures: readonly ts.Signature[]
}

const file = join(root, 'lib/native.ts')
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root)
const program = ts.createProgram([file], options)
const checker = program.getTypeChecker()

/** Everything that the type Native describes. */
function described(): Described[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!
  const native = checker.getExportsOfModule(module).find(({ name }) => name === 'Native')!
  const list: Described[] = []
  const visit = (type: ts.Type, at: string) => {
    for (const property of type.getProperties()) {
      const path = `${at}${property.name}`
      const inner = checker.getTypeOfSymbol(property)
      const signatures = [...inner.getCallSignatures(), ...inner.getConstructSignatures()]
      const isGroup = signatures.length === 0 && inner.symbol?.name.endsWith('Calls')
      if (isGroup) visit(inner, `${path}.`)
      else list.push({ path, signatures })
    }
  }
  visit(checker.getDeclaredTypeOfSymbol(native), '')
  return list
}

/** The signatures of a description, with those of the methods of objects that it makes or returns. */
function allSignatures({ path, signatures }: Described): { path: string; signature: ts.Signature }[] {
  return signatures.flatMap((signature) => [
    { path, signature },
    ...signature
      .getReturnType()
      .getProperties()
      .filter(({ valueDeclaration }) => valueDeclaration && ts.isMethodSignature(valueDeclaration))
      .filter(({ valueDeclaration }) => valueDeclaration!.getSourceFile().fileName.includes('/lib/native/'))
      .flatMap((method) =>
        checker
          .getTypeOfSymbol(method)
          .getCallSignatures()
          .map((inner) => ({ path: `${path}#${method.name}`, signature: inner })),
      ),
  ])
}

const all = described()
const isTuple = (type: ts.Type): boolean =>
  checker.isTupleType(type) || (type.isUnion() && type.types.some(isTuple))

t.test('the module object', async (t) => {
  const keys = Object.keys(addon)
  t.ok(keys.length <= KEYS_MAX, `it has ${keys.length} keys: ${keys.join(' ')}`)
  t.ok(keys.includes('testing'), 'with a group for tests and benchmarks alone')
})

t.test('what the types describe is what is there', async (t) => {
  t.same(all.map(({ path }) => path).sort(), pathsOf(addon).sort())
})

t.test('arguments', async (t) => {
  const signatures = all.flatMap(allSignatures)
  t.ok(signatures.length > 50, `${signatures.length} signatures are read`)
  t.ok(
    signatures.some(({ path }) => path === 'traffic.Generator#run'),
    'methods too',
  )
  t.same(
    signatures.filter(({ signature }) => signature.parameters.length > ARGUMENTS_MAX).map(({ path }) => path),
    [],
    'no call has positions',
  )
})

t.test('results', async (t) => {
  t.same(
    all
      .flatMap(allSignatures)
      .filter(({ signature }) => isTuple(signature.getReturnType()))
      .map(({ path }) => path),
    [],
    'no call answers with a tuple',
  )
})

t.test('turn() is a key of the module object itself', async (t) => {
  t.equal(typeof addon.turn, 'function')
  t.same(all.find(({ path }) => path === 'turn')?.signatures[0].parameters, [], 'without an argument')
})
