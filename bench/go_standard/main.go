// Command go_standard prints what stdlib/go/standard.txt holds.
package main

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"os/exec"
	"sort"
	"strings"
)

func main() {
	out, _ := exec.Command("go", "list", "std").Output()
	imp := importer.ForCompiler(token.NewFileSet(), "source", nil)
	q := func(p *types.Package) string { return "" }
	for _, path := range strings.Fields(string(out)) {
		if strings.Contains(path, "internal") || strings.HasPrefix(path, "vendor") {
			continue
		}
		pkg, err := imp.Import(path)
		if err != nil {
			continue
		}
		var imports []string
		for _, one := range pkg.Imports() {
			if !strings.Contains(one.Path(), "internal") && !strings.HasPrefix(one.Path(), "vendor") {
				imports = append(imports, one.Path())
			}
		}
		sort.Strings(imports)
		fmt.Println(strings.Join(append([]string{path, pkg.Name()}, imports...), " "))
		for _, n := range pkg.Scope().Names() {
			tn, ok := pkg.Scope().Lookup(n).(*types.TypeName)
			if !ok || !tn.Exported() {
				continue
			}
			named, ok := types.Unalias(tn.Type()).(*types.Named)
			if !ok {
				continue
			}
			word := "T"
			var set *types.MethodSet
			if _, ok := named.Underlying().(*types.Interface); ok {
				word = "I"
				set = types.NewMethodSet(named)
			} else {
				set = types.NewMethodSet(types.NewPointer(named))
			}
			var ms []string
			bad := false
			for i := 0; i < set.Len(); i++ {
				m := set.At(i).Obj()
				if !m.Exported() {
					bad = true
					continue
				}
				s := m.Type().(*types.Signature)
				f := func(t *types.Tuple, v bool) string {
					var r []string
					for j := 0; j < t.Len(); j++ {
						x := types.TypeString(t.At(j).Type(), q)
						if v && j == t.Len()-1 {
							x = "..." + strings.TrimPrefix(x, "[]")
						}
						r = append(r, strings.ReplaceAll(strings.ReplaceAll(x, " ", ""), "interface{}", "any"))
					}
					return strings.Join(r, ",")
				}
				ms = append(ms, m.Name()+"("+f(s.Params(), s.Variadic())+")("+f(s.Results(), false)+")")
			}
			if len(ms) == 0 || bad && word == "I" {
				continue
			}
			sort.Strings(ms)
			fmt.Println("\t"+word, n, strings.Join(ms, " "))
		}
	}
}
