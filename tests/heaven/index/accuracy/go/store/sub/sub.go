package sub

type Cache interface {
	Drop(key string)
	‹Sizer›
}

type Sizer interface{ Size() int }

type Index struct{ touched []string }

func (i *‹Index›) Touch(key string) { i.‹touched|Index.touched› = append(i.‹touched|Index.touched›, key) }

type Memory struct{}

func (‹Memory›) Drop(string) {}
func (‹Memory›) Size() int    { return 0 }

var _ ‹Cache› = (*‹Memory›)(nil)
