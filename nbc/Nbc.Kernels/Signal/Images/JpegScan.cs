namespace Nbc.Kernels.Signal.Images;

/// <summary>One pass over coefficients: all of them at once, or in a progressive file some of their bits.</summary>
/// <param name="First">The first coefficient in zigzag order.</param>
/// <param name="Last">The last one.</param>
/// <param name="Before">The bit above those that came before; 0 when none did.</param>
/// <param name="Low">The lowest bit that comes now.</param>
/// <remarks>Source: ITU-T T.81, F.2.2 and G.1.2.</remarks>
internal sealed record JpegScan(int First, int Last, int Before, int Low, bool IsProgressive)
{
    private static readonly byte[] s_order =
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14,
        21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53,
        60, 61, 54, 47, 55, 62, 63,
    ];

    private int _emptyBlocks;

    /// <summary>Row by row place of each coefficient in zigzag order.</summary>
    public static ReadOnlySpan<byte> Order => s_order;

    /// <summary>Reads all blocks of the components.</summary>
    /// <param name="interval">Units between restart markers; 0 for none.</param>
    public void Read(ref JpegBits bits, JpegComponent[] components, int unitsAcross, int unitsDown, int interval)
    {
        bool isAlone = components.Length == 1;
        JpegComponent only = components[0];
        int across = isAlone ? JpegComponent.DivideUp(only.Width, 8) : unitsAcross;
        int down = isAlone ? JpegComponent.DivideUp(only.Height, 8) : unitsDown;
        for (int unit = 0; unit < across * down; unit++)
        {
            if (interval > 0 && unit > 0 && unit % interval == 0)
            {
                bits.Restart();
                _emptyBlocks = 0;
                Array.ForEach(components, component => component.Last = 0);
            }

            (int row, int column) = (unit / across, unit % across);
            if (isAlone)
            {
                Read(ref bits, only, only.Block(row, column));
                continue;
            }

            foreach (JpegComponent component in components)
            {
                for (int block = 0; block < component.Down * component.Across; block++)
                {
                    Read(ref bits, component, component.Block(
                        (row * component.Down) + (block / component.Across),
                        (column * component.Across) + (block % component.Across)));
                }
            }
        }
    }

    private void Read(ref JpegBits bits, JpegComponent component, Span<short> block)
    {
        if (!IsProgressive)
        {
            Constant(ref bits, component, block);
            Waves(ref bits, component, block, 1);
        }
        else if (First == 0)
        {
            if (Before == 0)
            {
                Constant(ref bits, component, block);
            }
            else
            {
                block[0] |= (short)(bits.Read(1) << Low);
            }
        }
        else if (Before == 0)
        {
            Waves(ref bits, component, block, First);
        }
        else
        {
            Refine(ref bits, component, block);
        }
    }

    private void Constant(ref JpegBits bits, JpegComponent component, Span<short> block)
    {
        int size = bits.Read(component.Constants);
        component.Last += bits.ReadSigned(size <= 16 ? size : throw Picture.Damaged());
        block[0] = (short)(component.Last << Low);
    }

    private void Waves(ref JpegBits bits, JpegComponent component, Span<short> block, int first)
    {
        if (_emptyBlocks > 0)
        {
            _emptyBlocks--;
            return;
        }

        for (int k = first; k <= Last; k++)
        {
            int symbol = bits.Read(component.Waves), run = symbol >> 4, size = symbol & 15;
            if (size == 0 && run < 15)
            {
                _emptyBlocks = (1 << run) - 1 + bits.Read(run);
                return;
            }

            k += run;
            if (size > 0)
            {
                block[k <= Last ? s_order[k] : throw Picture.Damaged()] = (short)(bits.ReadSigned(size) << Low);
            }
        }
    }

    // One more bit of the coefficients that are not zero, and new ones among them.
    private void Refine(ref JpegBits bits, JpegComponent component, Span<short> block)
    {
        int k = First;
        while (_emptyBlocks == 0 && k <= Last)
        {
            int symbol = bits.Read(component.Waves), run = symbol >> 4, size = symbol & 15, value = 0;
            if (size > 0)
            {
                value = bits.Read(1) == 1 ? 1 << Low : -1 << Low;
            }
            else if (run < 15)
            {
                _emptyBlocks = (1 << run) + bits.Read(run);
                break;
            }

            for (; k <= Last; k++)
            {
                ref short coefficient = ref block[s_order[k]];
                if (coefficient != 0)
                {
                    Correct(ref bits, ref coefficient);
                }
                else if (run-- == 0)
                {
                    coefficient = (short)value;
                    k++;
                    break;
                }
            }
        }

        if (_emptyBlocks > 0)
        {
            for (; k <= Last; k++)
            {
                ref short coefficient = ref block[s_order[k]];
                if (coefficient != 0)
                {
                    Correct(ref bits, ref coefficient);
                }
            }

            _emptyBlocks--;
        }
    }

    private void Correct(ref JpegBits bits, ref short coefficient)
    {
        if (bits.Read(1) == 1 && (coefficient & (1 << Low)) == 0)
        {
            coefficient += (short)(coefficient > 0 ? 1 << Low : -1 << Low);
        }
    }
}
