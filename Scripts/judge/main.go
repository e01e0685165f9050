// Judges logs that plumbline wrote by Go's golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog, which know nothing of it.
//
//	sumdb [-seed N] [-flips N] DIRECTORY...
//
// Each directory holds one log at one size (see judge.sh). What the program wrote must be accepted, and with one bit flipped be
// refused. Exit status 1 names what was judged otherwise.
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"
)

// What was to be accepted and refused, and what was; by class.
type tally struct {
	accepted, acceptable, refused, refusable map[string]int
	told                                     map[string]int // remarks on flips
	wrong                                    int
}

func newTally() *tally {
	return &tally{map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, 0}
}

func (t *tally) complain(format string, arguments ...any) {
	t.wrong++
	fmt.Printf("  WRONG: "+format+"\n", arguments...)
}

// One thing that must be accepted.
func (t *tally) accept(class, what string, err error) {
	t.acceptable[class]++
	if err == nil {
		t.accepted[class]++
	} else {
		t.complain("refused %s: %s: %v", class, what, err)
	}
}

// One thing that must be refused: err is the judge's reason, nil when it accepted.
func (t *tally) refuse(class, what string, err error) {
	t.refusable[class]++
	if err != nil {
		t.refused[class]++
	} else {
		t.complain("ACCEPTED %s: %s", class, what)
	}
}

func sum(counts map[string]int) (total int) {
	for _, count := range counts {
		total += count
	}
	return total
}

func (t *tally) print(label string) {
	fmt.Printf("%-24s accepted %d of %d, refused %d of %d\n", label, sum(t.accepted), sum(t.acceptable), sum(t.refused), sum(t.refusable))
}

func (t *tally) printClasses() {
	list := func(verb string, got, want map[string]int) {
		var classes []string
		for class := range want {
			classes = append(classes, class)
		}
		sort.Strings(classes)
		for _, class := range classes {
			fmt.Printf("  %s %-34s %7d of %d\n", verb, class, got[class], want[class])
		}
	}
	list("accepted", t.accepted, t.acceptable)
	list("refused ", t.refused, t.refusable)
	var remarks []string
	for remark, count := range t.told {
		remarks = append(remarks, fmt.Sprintf("  note: %d flips %s", count, remark))
	}
	sort.Strings(remarks)
	for _, remark := range remarks {
		fmt.Println(remark)
	}
}

func (t *tally) add(other *tally) {
	for _, pair := range [][2]map[string]int{
		{t.accepted, other.accepted}, {t.acceptable, other.acceptable}, {t.refused, other.refused},
		{t.refusable, other.refusable}, {t.told, other.told},
	} {
		for class, count := range pair[1] {
			pair[0][class] += count
		}
	}
	t.wrong += other.wrong
}

func main() {
	seed := flag.Int64("seed", 1, "seed of the places of flipped bits")
	flips := flag.Int("flips", 8, "flipped bits for each kind of file")
	flag.Parse()
	all := newTally()
	for number, dir := range flag.Args() {
		m, err := readMaterial(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, "sumdb:", err)
			os.Exit(2)
		}
		t := newTally()
		judge(m, t, *seed*1000+int64(number), *flips)
		t.print(m.name)
		all.add(t)
	}
	fmt.Println("by class:")
	all.printClasses()
	all.print("sumdb:")
	if all.wrong > 0 || sum(all.acceptable) == 0 || sum(all.refusable) == 0 {
		os.Exit(1)
	}
}
